import type { Clock } from '../lib/clock.ts'
import type { SpanGroup, SpanValues } from '../storage/contracts/span-row.ts'
import { type Attributes, OpenSpan, type SpanStatus } from './span.ts'
import { newSpanId } from './traceparent.ts'

/*
 * The spans of one exchange, kept in memory and written with its books. Recording costs an object a span and nothing else: the ledger makes their
 * ids of the root's, and their times of its. The number of spans is bounded; what did not fit is counted on the root.
 */

const MAX_SPANS = 200

/** What a trace begins with. */
export interface TraceOptions {
  readonly traceId: string
  /** The caller's own span; null when the trace begins here. */
  readonly parentId: string | null
  readonly clock: Clock
}

/** The record of one exchange's steps. */
export interface Trace {
  /** The id of the span of the whole exchange, 16 hex digits: parent of all others. */
  readonly rootId: string
  /** When the exchange began, in milliseconds since 1970. */
  readonly startedAt: number
  /** The same by the monotonic clock. */
  readonly started: number
  /** Begins a step, under the whole exchange unless another span is given. Past 200 spans it is given but not kept. */
  open(name: string, kind: string, attributes?: Attributes, parent?: OpenSpan): OpenSpan
  /** Notes a step that took no time, and went well. */
  note(name: string, kind: string): void
  /** Ends a step, now or when the monotonic clock said `at`. Ending it again changes nothing. */
  close(span: OpenSpan, status: SpanStatus, attributes?: Attributes, at?: number): void
  /** Runs work inside a span; a rejection ends it as an error and passes on. */
  span<Result>(name: string, kind: string, work: (span: OpenSpan) => Result | Promise<Result>): Promise<Result>
  /** Ends the exchange, and gives the monotonic time at which it ended. Steps that are still open end with it, as errors. */
  end(status: SpanStatus, attributes?: Attributes): number
  /** Everything recorded, as spans of the tenant, the root first. What is still open ends now. */
  spans(tenantId: string): SpanGroup
}

/** Starts the trace of one exchange. */
export function startTrace(options: TraceOptions): Trace {
  return new ExchangeTrace(options)
}

class ExchangeTrace implements Trace {
  readonly rootId = newSpanId()
  readonly #traceId: string
  readonly #parentId: string | null
  readonly #clock: Clock
  readonly startedAt: number
  readonly #root: OpenSpan
  readonly #spans: OpenSpan[]
  #lost = 0

  constructor({ traceId, parentId, clock }: TraceOptions) {
    this.#traceId = traceId
    this.#parentId = parentId
    this.#clock = clock
    this.startedAt = clock.now()
    this.#root = new OpenSpan('exchange', 'exchange', null, clock.monotonic())
    this.#spans = [this.#root]
  }

  get started(): number {
    return this.#root.start
  }

  open(name: string, kind: string, attributes?: Attributes, parent = this.#root): OpenSpan {
    const span = new OpenSpan(name, kind, parent, this.#clock.monotonic())
    if (attributes) span.set(attributes)
    if (this.#spans.length < MAX_SPANS) this.#spans.push(span)
    else this.#lost += 1
    return span
  }

  note(name: string, kind: string): void {
    const span = this.open(name, kind)
    span.end = span.start
  }

  close(span: OpenSpan, status: SpanStatus, attributes?: Attributes, at = this.#clock.monotonic()): void {
    if (span.end !== null) return
    span.end = Math.max(span.start, at)
    span.status = status
    if (attributes) span.set(attributes)
  }

  async span<Result>(name: string, kind: string, work: (span: OpenSpan) => Result | Promise<Result>): Promise<Result> {
    const span = this.open(name, kind)
    try {
      const result = await work(span)
      this.close(span, 'ok')
      return result
    } catch (error) {
      this.close(span, 'error')
      throw error
    }
  }

  end(status: SpanStatus, attributes?: Attributes): number {
    const at = this.#clock.monotonic()
    if (this.#lost > 0) this.#root.set({ 'headgate.spans_dropped': this.#lost })
    this.close(this.#root, status, attributes, at)
    for (const span of this.#spans) if (span.end === null) this.close(span, 'error', undefined, at)
    return at
  }

  spans(tenantId: string): SpanGroup {
    const began = this.#root.start
    const spans: SpanValues[] = []
    for (const { name, kind, parent, start, end, status, attributes } of this.#spans) {
      const after = micros(start - began)
      const took = micros((end ?? Math.max(start, this.#clock.monotonic())) - start)
      const isUsual = attributes === null && status === 'ok' && (parent === null || parent === this.#root)
      if (isUsual) spans.push([name, kind, after, took])
      else spans.push([name, kind, after, took, status, attributes ?? {}, this.#placeOf(parent)])
    }
    // The start in wall time, and what passed since: a wall clock that jumps bends no duration.
    return [this.#traceId, tenantId, this.rootId, this.#parentId, micros(this.startedAt), spans]
  }

  /** Parents come before their children; one that was not kept is as good as the root. */
  #placeOf(parent: OpenSpan | null): number {
    return parent === null || parent === this.#root ? 0 : Math.max(0, this.#spans.indexOf(parent))
  }
}

function micros(ms: number): number {
  return Math.round(ms * 1000)
}

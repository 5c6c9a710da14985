import type { Clock } from '../lib/clock.ts'
import type { SpanRow } from '../storage/contracts/ledger-store.ts'
import { type Attributes, OpenSpan, type SpanStatus } from './span.ts'
import { newSpanId } from './traceparent.ts'

/*
 * The spans of one exchange, kept in memory and written with its books. Recording costs an object a span and nothing else: ids are drawn
 * and rows made at the end, off the caller's path. The number of spans is bounded; what did not fit is counted on the root.
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
  /** Begins a step, under the whole exchange unless another span is given. Past 200 spans it is given but not kept. */
  open(name: string, kind: string, attributes?: Attributes, parent?: OpenSpan): OpenSpan
  /** Ends a step. Ending it again changes nothing. */
  close(span: OpenSpan, status: SpanStatus, attributes?: Attributes): void
  /** Runs work inside a span; a rejection ends it as an error and passes on. */
  span<Result>(name: string, kind: string, work: (span: OpenSpan) => Result | Promise<Result>): Promise<Result>
  /** Ends the exchange. Steps that are still open end with it, as errors. */
  end(status: SpanStatus, attributes?: Attributes): void
  /** Everything recorded, as rows of the tenant, the root first. What is still open ends now. */
  rows(tenantId: string): readonly SpanRow[]
}

/** Starts the trace of one exchange. */
export function startTrace({ traceId, parentId, clock }: TraceOptions): Trace {
  const rootId = newSpanId()
  const startedAt = clock.now()
  const root = new OpenSpan('exchange', 'exchange', null, clock.monotonic())
  const spans: OpenSpan[] = [root]
  let lost = 0

  const open: Trace['open'] = (name, kind, attributes, parent = root) => {
    const span = new OpenSpan(name, kind, parent, clock.monotonic())
    if (attributes) span.set(attributes)
    if (spans.length < MAX_SPANS) spans.push(span)
    else lost += 1
    return span
  }
  const close: Trace['close'] = (span, status, attributes) => {
    if (span.end !== null) return
    span.end = Math.max(span.start, clock.monotonic())
    span.status = status
    if (attributes) span.set(attributes)
  }
  return {
    rootId,
    open,
    close,
    span: async (name, kind, work) => {
      const span = open(name, kind)
      try {
        const result = await work(span)
        close(span, 'ok')
        return result
      } catch (error) {
        close(span, 'error')
        throw error
      }
    },
    end: (status, attributes) => {
      if (lost > 0) root.set({ 'headgate.spans_dropped': lost })
      close(root, status, attributes)
      for (const span of spans) close(span, 'error')
    },
    rows: (tenantId) => {
      const ids = spans.map((span) => (span === root ? rootId : newSpanId()))
      // The start in wall time plus what passed since: a wall clock that jumps bends no duration.
      const wall = (monotonic: number) => startedAt + (monotonic - root.start)
      return spans.map((span, at) => ({
        id: ids[at] ?? '',
        traceId,
        parentId: span.parent ? (ids[spans.indexOf(span.parent)] ?? rootId) : parentId,
        tenantId,
        name: span.name,
        kind: span.kind,
        start: wall(span.start),
        end: wall(span.end ?? Math.max(span.start, clock.monotonic())),
        status: span.status,
        attributes: span.attributes,
      }))
    },
  }
}

import type { Clock } from '../lib/clock.ts'
import type { SpanRow } from '../storage/contracts/ledger-store.ts'
import { newSpanId } from './traceparent.ts'

/** What a span may say about itself; OpenTelemetry `gen_ai.*` names where they exist. */
export type Attributes = Record<string, string | number | boolean>

/** A span while it runs. Created by `Trace.open`, ended by `Trace.close`. */
export interface OpenSpan {
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly kind: string
  readonly start: number
  readonly attributes: Attributes
  end: number | null
  status: 'ok' | 'error'
}

/** The spans of one exchange. Recording is an object in a list; nothing is written before the exchange is settled. */
export interface Trace {
  /** The span of the whole exchange: parent of all others. */
  readonly rootId: string
  /** A stage or an attempt that begins. Past 200 spans it is given but not kept. */
  open(name: string, kind: string, attributes?: Attributes): OpenSpan
  close(span: OpenSpan, status: 'ok' | 'error', attributes?: Attributes): void
  /** Runs work inside a span. */
  span<Result>(name: string, kind: string, work: () => Promise<Result>): Promise<Result>
  /** Closes the span of the exchange. */
  end(status: 'ok' | 'error', attributes?: Attributes): void
  /** Everything recorded, for the ledger; what is still open ends now. */
  rows(tenantId: string): readonly SpanRow[]
}

/** What a trace begins with. */
export interface TraceOptions {
  readonly traceId: string
  /** The caller's own span. */
  readonly parentId: string | null
  readonly clock: Clock
}

const MAX_SPANS = 200
const MAX_ATTRIBUTES = 40

/** Starts the trace of one exchange. */
export function startTrace({ traceId, parentId, clock }: TraceOptions): Trace {
  const begin = (name: string, kind: string, parent: string | null, attributes: Attributes): OpenSpan => ({
    id: newSpanId(),
    parentId: parent,
    name,
    kind,
    start: clock.now(),
    attributes,
    end: null,
    status: 'ok',
  })
  const root = begin('exchange', 'exchange', parentId, {})
  const spans: OpenSpan[] = [root]

  function close(span: OpenSpan, status: 'ok' | 'error', attributes: Attributes = {}): void {
    if (span.end !== null) return
    // The wall clock may jump back; a span never ends before it began.
    span.end = Math.max(span.start, clock.now())
    span.status = status
    Object.assign(span.attributes, attributes)
  }

  return {
    rootId: root.id,
    open(name, kind, attributes = {}) {
      const span = begin(name, kind, root.id, { ...attributes })
      if (spans.length < MAX_SPANS) spans.push(span)
      return span
    },
    close,
    async span(name, kind, work) {
      const span = this.open(name, kind)
      try {
        const result = await work()
        close(span, 'ok')
        return result
      } catch (error) {
        close(span, 'error')
        throw error
      }
    },
    end: (status, attributes) => close(root, status, attributes),
    rows: (tenantId) =>
      spans.map((span) => ({
        id: span.id,
        traceId,
        parentId: span.parentId,
        tenantId,
        name: span.name,
        kind: span.kind,
        start: span.start,
        end: span.end ?? Math.max(span.start, clock.now()),
        status: span.status,
        attributes: Object.fromEntries(Object.entries(span.attributes).slice(0, MAX_ATTRIBUTES)),
      })),
  }
}

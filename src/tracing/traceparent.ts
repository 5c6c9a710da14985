import { randomBytes } from 'node:crypto'

/** Who a trace is, and which span of the caller's it continues. */
export interface TraceIdentity {
  readonly traceId: string
  /** The caller's span; null when this trace begins here. */
  readonly parentId: string | null
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const OWN_TRACE_ID = /^(?:[0-9a-f]{32}|tr_[A-Za-z0-9_-]{1,61})$/

/**
 * The identity of a trace: the caller's `x-headgate-trace-id` (32 hex digits, or `tr_` and up to 61 safe characters), else its W3C `traceparent`,
 * else a new one. Anything malformed counts as absent, as the W3C recommendation says.
 */
export function traceIdentity(headers: { readonly [name: string]: string | undefined }): TraceIdentity {
  const [, w3cTrace, w3cSpan] = TRACEPARENT.exec(headers.traceparent ?? '') ?? []
  const given = headers['x-headgate-trace-id'] ?? ''
  if (OWN_TRACE_ID.test(given) && !isZero(given)) return { traceId: given, parentId: null }
  if (w3cTrace && w3cSpan && !isZero(w3cTrace) && !isZero(w3cSpan)) return { traceId: w3cTrace, parentId: w3cSpan }
  return { traceId: randomBytes(16).toString('hex'), parentId: null }
}

/** A new span id: 16 hex digits. */
export function newSpanId(): string {
  return randomBytes(8).toString('hex')
}

/** The W3C header that continues a trace below a span; null when the trace has a name that W3C cannot carry. */
export function formatTraceparent(traceId: string, spanId: string): string | null {
  return /^[0-9a-f]{32}$/.test(traceId) ? `00-${traceId}-${spanId}-01` : null
}

function isZero(hex: string): boolean {
  return /^0+$/.test(hex)
}

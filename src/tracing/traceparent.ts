import { chanceHex } from '../lib/chance.ts'

/** The trace that a call belongs to, and the caller's span above it. */
export interface TraceIdentity {
  readonly traceId: string
  /** Null when the trace begins here. */
  readonly parentId: string | null
}

/** The headers that may name a trace. */
export type TraceHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const W3C_TRACE_ID = /^[0-9a-f]{32}$/
const OWN_TRACE_ID = /^tr_[A-Za-z0-9_-]{1,61}$/
const SPAN_ID_DIGITS = 16
const TRACE_ID_DIGITS = 32
const ZEROS = /^0+$/

/**
 * Which trace a call continues. `x-headgate-trace-id` wins over `traceparent`; what is not well-formed is ignored, as the W3C asks, and
 * without either the call begins a trace of its own.
 */
export function traceIdentity(headers: TraceHeaders): TraceIdentity {
  const parent = parseTraceparent(single(headers.traceparent))
  const named = single(headers['x-headgate-trace-id'])
  if (named !== undefined && isTraceId(named)) {
    return { traceId: named, parentId: parent?.traceId === named ? parent.parentId : null }
  }
  return parent ?? { traceId: newTraceId(), parentId: null }
}

/** Reads a W3C `traceparent` of version 00, strictly; null when it is not one. */
export function parseTraceparent(text: string | undefined): (TraceIdentity & { readonly parentId: string }) | null {
  if (text === undefined) return null
  const [, version, traceId = '', parentId = ''] = TRACEPARENT.exec(text) ?? []
  if (version !== '00' || ZEROS.test(traceId) || ZEROS.test(parentId)) return null
  return { traceId, parentId }
}

/** The W3C header that continues a trace below a span; null when the trace has a name that W3C cannot carry. */
export function formatTraceparent(traceId: string, spanId: string): string | null {
  return W3C_TRACE_ID.test(traceId) ? `00-${traceId}-${spanId}-01` : null
}

/** Whether a text may be a trace's id: 32 lower-case hex digits that are not all zero, or `tr_` and up to 61 safe characters. */
export function isTraceId(text: string): boolean {
  return (W3C_TRACE_ID.test(text) && !ZEROS.test(text)) || OWN_TRACE_ID.test(text)
}

/** A fresh trace id: 32 hex digits. */
export function newTraceId(): string {
  return chanceHex(TRACE_ID_DIGITS)
}

/** A fresh span id: 16 hex digits. */
export function newSpanId(): string {
  return chanceHex(SPAN_ID_DIGITS)
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.length === 1 ? value[0] : undefined
}

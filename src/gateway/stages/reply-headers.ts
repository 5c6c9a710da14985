import { type RateView, resetText } from '../../admission/rate-view.ts'
import { isList, LIST_TYPE } from '../data-plane/stream-as-list.ts'
import type { Exchange } from '../exchange.ts'

/** The headers that every reply to a model call carries: what served, by which route, what was lost or found on the way. */
export function replyHeaders(exchange: Exchange): Record<string, string> {
  const { servedModel, route, fallbackReason, dropped, flags } = exchange
  const headers: Record<string, string> = {
    'x-headgate-trace-id': exchange.traceId,
    'cache-control': 'private, no-store',
  }
  if (exchange.traceparent) headers.traceparent = exchange.traceparent
  if (servedModel) headers['x-headgate-model'] = headerSafe(servedModel)
  if (servedModel && route) headers['x-headgate-route'] = headerSafe(route)
  if (fallbackReason) headers['x-headgate-fallback'] = fallbackReason
  if (dropped.length > 0) headers['x-headgate-dropped'] = headerSafe(dropped.join(','))
  if (flags.length > 0) headers['x-headgate-flags'] = headerSafe(flags.join(','))
  for (const rate of exchange.rates) sayRate(headers, rate)
  return headers
}

/** What every stream says of itself. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** The headers of a streamed reply, as far as they are known by now. */
export function streamHeaders(exchange: Exchange): Record<string, string> {
  return { ...replyHeaders(exchange), ...STREAM_HEADERS }
}

/** The same for one that is sent before its answer: nobody comes after it who would write a list, where one is wanted. */
export function earlyHeaders(exchange: Exchange): Record<string, string> {
  const headers = streamHeaders(exchange)
  const { call } = exchange
  if (call.face === 'wire' && isList(call.asked, call.query)) headers['content-type'] = LIST_TYPE
  return headers
}

/** As OpenAI names them. */
function sayRate(headers: Record<string, string>, { unit, limit, remaining, resetMs }: RateView): void {
  const [limitName, remainingName, resetName] = RATE_HEADERS[unit]
  headers[limitName] = String(limit)
  headers[remainingName] = String(remaining)
  headers[resetName] = resetText(resetMs)
}

const RATE_HEADERS = {
  requests: ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  tokens: ['x-ratelimit-limit-tokens', 'x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
} as const

/** Names come from configs and callers: a header takes printable ASCII of a bounded length only. */
function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 2_000)
}

import { type RateView, resetText } from '../../admission/rate-view.ts'
import { isList, LIST_TYPE } from '../data-plane/stream-as-list.ts'
import type { Exchange } from '../exchange.ts'

/** The headers that every reply to a model call carries: what served, by which route, what was lost or found on the way. */
export function replyHeaders(exchange: Exchange): Record<string, string> {
  const { servedModel, route, fallbackReason, dropped, flags, traceparent } = exchange
  const headers: Record<string, string> = {
    'x-headgate-trace-id': exchange.traceId,
    'cache-control': 'private, no-store',
  }
  if (traceparent) headers.traceparent = traceparent
  if (servedModel) headers['x-headgate-model'] = headerSafe(servedModel)
  if (servedModel && route) headers['x-headgate-route'] = headerSafe(route)
  if (fallbackReason) headers['x-headgate-fallback'] = fallbackReason
  if (dropped.length > 0) headers['x-headgate-dropped'] = headerSafe(dropped.join(','))
  if (flags.length > 0) headers['x-headgate-flags'] = headerSafe(flags.join(','))
  for (const rate of exchange.rates) sayRate(headers, rate)
  return headers
}

/** Adds to headers what every stream says of itself. */
export function asStreamHeaders(headers: Record<string, string>): Record<string, string> {
  headers['cache-control'] = 'private, no-store, no-transform'
  headers['content-type'] = 'text/event-stream; charset=utf-8'
  headers['x-accel-buffering'] = 'no'
  return headers
}

/** The headers of a streamed reply, as far as they are known by now. */
export function streamHeaders(exchange: Exchange): Record<string, string> {
  return asStreamHeaders(replyHeaders(exchange))
}

/** The same for one that is sent before its answer: nobody comes after it who would write a list, where one is wanted. */
export function earlyHeaders(exchange: Exchange): Record<string, string> {
  const headers = streamHeaders(exchange)
  const { call } = exchange
  if (call.face === 'wire' && isList(call.asked, call.query)) headers['content-type'] = LIST_TYPE
  return headers
}

/** As OpenAI names them. The names are written out: V8 makes a slow dictionary of an object that is given many computed ones. */
function sayRate(headers: Record<string, string>, { unit, limit, remaining, resetMs }: RateView): void {
  if (unit === 'requests') {
    headers['x-ratelimit-limit-requests'] = String(limit)
    headers['x-ratelimit-remaining-requests'] = String(remaining)
    headers['x-ratelimit-reset-requests'] = resetText(resetMs)
  } else {
    headers['x-ratelimit-limit-tokens'] = String(limit)
    headers['x-ratelimit-remaining-tokens'] = String(remaining)
    headers['x-ratelimit-reset-tokens'] = resetText(resetMs)
  }
}

const UNSAFE = /[^\x20-\x7e]/

/** Names come from configs and callers: a header takes printable ASCII of a bounded length only. */
function headerSafe(text: string): string {
  return (UNSAFE.test(text) ? text.replace(/[^\x20-\x7e]/g, '?') : text).slice(0, 2_000)
}

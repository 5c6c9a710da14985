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
  return headers
}

/** Names come from configs and callers: a header takes printable ASCII of a bounded length only. */
function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 2_000)
}

import { isObject } from '../../lib/json.ts'
import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import type { HttpReply } from '../http-call.ts'
import { replyHeaders } from '../stages/reply-headers.ts'
import type { Replay, ReplyCopying } from './reply-copying.ts'
import { TappedStream } from './tapped-stream.ts'

/** Headers that told of the first exchange alone: how its limits stood, and when it might have come again. */
const OF_THE_FIRST = /^(x-ratelimit-.*|retry-after(-ms)?|traceparent)$/

/** How replies in wire formats are copied: their status, their headers and their bytes. */
export const wireCopying: ReplyCopying<HttpReply> = {
  whole({ status, headers, body }) {
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) return null
    return copyOf(status, headers, Buffer.from(body))
  },
  tapped(reply, tap) {
    const { status, headers, body } = reply
    if (typeof body === 'string' || Buffer.isBuffer(body)) return reply
    const copying = {
      bytesOf: (piece: string | Buffer) => piece,
      copyOf: (bytes: readonly Buffer[]) => copyOf(status, headers, Buffer.concat(bytes)),
    }
    return { status, headers, body: new TappedStream(body, copying, tap) }
  },
  replayed(replay) {
    const { status, headers, stream } = replay.kept.head
    const body = replay.kept.body
    return {
      status: Number(status),
      headers: headersOf(isObject(headers) ? headers : {}, replay),
      // What reads a stream reads it as one.
      body: stream === true ? only(body) : body,
    }
  },
}

function copyOf(status: number, headers: HttpReply['headers'], body: Buffer): KeptReply {
  const stream = headers['content-type']?.startsWith('text/event-stream') ?? false
  return { head: { status, headers: { ...headers }, stream }, body }
}

function headersOf(kept: object, { exchange, final, originalTraceId }: Replay): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(kept))
    if (!OF_THE_FIRST.test(name) || !final) headers[name] = String(value)
  Object.assign(headers, ownHeaders(exchange))
  headers['idempotent-replayed'] = 'true'
  headers['x-headgate-original-trace-id'] = originalTraceId
  if ('x-headgate-cost-usd' in headers) headers['x-headgate-cost-usd'] = '0'
  if (final && 'x-headgate-error' in headers) headers['x-should-retry'] = 'false'
  return headers
}

/** Of the headers that every reply has, those that tell whose it is now. */
function ownHeaders(exchange: Replay['exchange']): Record<string, string> {
  const own = replyHeaders(exchange)
  const { traceparent } = own
  return { 'x-headgate-trace-id': exchange.traceId, ...(traceparent === undefined ? {} : { traceparent }) }
}

async function* only(body: Buffer): AsyncGenerator<Buffer, void, void> {
  yield body
}

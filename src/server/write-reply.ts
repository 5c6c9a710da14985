import type { ServerResponse } from 'node:http'
import type { HttpReply } from '../gateway/http-call.ts'
import { READER_PATIENCE_MS } from '../gateway/stages/settle-stream.ts'
import type { SilentReply } from './heartbeat.ts'

/**
 * Writes a reply. A streamed body is written piece by piece and waits when the client reads slowly; however the writing ends, the body
 * is read to its end or returned, which closes the exchange. A client that takes nothing for minutes is cut off. `silent` is told of what is written.
 * Nothing to wait for comes back when all was taken at once.
 */
export function writeReply(
  response: ServerResponse,
  reply: HttpReply,
  silent?: SilentReply,
): Promise<void> | undefined {
  const { status, headers, body } = reply
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return writeStream(response, reply, body, silent)
  response.writeHead(status, listed(headers, typeof body === 'string' ? Buffer.byteLength(body) : body.length))
  response.end(body)
  return response.writableLength > 0 ? heard(response, 'finish') : undefined
}

async function writeStream(
  response: ServerResponse,
  { status, headers }: HttpReply,
  body: AsyncIterable<string | Buffer>,
  silent?: SilentReply,
): Promise<void> {
  const chunks = body[Symbol.asyncIterator]()
  let ended = false
  try {
    // A head that was sent before its answer began stays as it is.
    if (!response.headersSent) response.writeHead(status, headers)
    if (silent) silent.contentType = headers['content-type'] ?? null
    while (!response.destroyed) {
      const { done, value } = await chunks.next()
      ended = done === true
      if (done) break
      if (value.length === 0) continue
      if (silent) {
        silent.silentBeats = 0
        silent.lastPiece = value
      }
      if (!response.write(value)) await heard(response, 'drain')
    }
    response.end()
  } finally {
    if (!ended) await chunks.return?.()
  }
}

/** Headers as Node takes them without looking each one up: name, value, name, value. */
function listed(headers: HttpReply['headers'], bodyBytes: number): string[] {
  const list: string[] = []
  for (const name in headers) list.push(name, headers[name] ?? '')
  list.push('content-length', String(bodyBytes))
  return list
}

/** Resolves when the client has taken what was written, or is gone; it goes when it takes nothing for too long. */
function heard(response: ServerResponse, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => response.destroy(), READER_PATIENCE_MS)
    const done = () => {
      clearTimeout(late)
      response.off(event, done)
      response.off('close', done)
      resolve()
    }
    response.once(event, done)
    response.once('close', done)
    if (response.destroyed) done()
  })
}

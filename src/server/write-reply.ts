import type { ServerResponse } from 'node:http'
import type { HttpReply } from '../gateway/http-call.ts'

/**
 * Writes a reply. A streamed body is written piece by piece and waits when the client reads slowly; when the client
 * leaves, the body is returned, which closes the exchange.
 */
export async function writeReply(response: ServerResponse, reply: HttpReply): Promise<void> {
  if (typeof reply.body === 'string' || Buffer.isBuffer(reply.body)) {
    response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
    response.end(reply.body)
    return
  }
  response.writeHead(reply.status, reply.headers)
  for await (const chunk of reply.body) {
    if (response.destroyed) break
    if (chunk.length > 0 && !response.write(chunk)) await drained(response)
  }
  response.end()
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.once('drain', done)
    response.once('close', done)
  })
}

import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors/gateway-error.ts'

/**
 * Reads a request's body. Rejects with GatewayError `request_too_large` past the limit, `invalid_request` for encodings we do not take, and
 * `client_closed` when the caller leaves in the middle. What comes after a refusal is left on the connection.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const encoding = request.headers['content-encoding']
    if (encoding && encoding !== 'identity') return reject(notTaken(encoding))
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return reject(tooLarge(limitBytes))
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes <= limitBytes) return void chunks.push(chunk)
      chunks.length = 0
      request.off('data', take).pause()
      reject(tooLarge(limitBytes))
    }
    request.on('data', take)
    // Each comes once: `once` would cost a wrapper to say so.
    request.on('error', () => reject(new GatewayError('client_closed', 'The caller left while it was sending.')))
    request.on('end', () => {
      const [first] = chunks
      resolve(chunks.length === 1 && first ? first : joined(chunks))
    })
  })
}

/**
 * The chunks as one buffer. They are given back at once: a large body would otherwise be in memory twice until the next collection, and make
 * that come sooner.
 */
function joined(chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat(chunks)
  for (const { buffer, byteLength } of chunks) {
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
  }
  return body
}

function notTaken(encoding: string): GatewayError {
  const message = `Send the body without content-encoding; ${encoding} is not taken.`
  return new GatewayError('invalid_request', message, { param: 'content-encoding' })
}

function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError(
    'request_too_large',
    `The body is larger than ${limitBytes} bytes, the server's max_body. Send less, or raise server.max_body.`,
  )
}

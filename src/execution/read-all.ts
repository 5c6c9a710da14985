import type { UpstreamBody } from './transport.ts'

/** Reads a body to its end. Throws RangeError, and abandons the connection, past `limitBytes`. */
export async function readAll(body: UpstreamBody, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > limitBytes) {
      body.abort()
      throw new RangeError(`it is larger than ${limitBytes} bytes`)
    }
  }
  const [first] = chunks
  return chunks.length === 1 && first ? first : Buffer.concat(chunks)
}

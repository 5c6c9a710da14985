import type { UpstreamBody } from './transport.ts'

/** A body to its end: at once where all of it is there. Throws RangeError, and abandons the connection, past `limitBytes`. */
export function readAll(body: UpstreamBody, limitBytes: number): Buffer | Promise<Buffer> {
  const whole = body.whole?.() ?? null
  if (!whole) return readOn(body, limitBytes)
  if (whole.length > limitBytes) throw tooLarge(limitBytes)
  return whole
}

/** The same, but nothing where it cannot be read. */
export async function readUpTo(body: UpstreamBody, limitBytes: number): Promise<Buffer> {
  try {
    return await readAll(body, limitBytes)
  } catch {
    return Buffer.alloc(0)
  }
}

async function readOn(body: UpstreamBody, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > limitBytes) {
      body.abort()
      throw tooLarge(limitBytes)
    }
  }
  const [first] = chunks
  return chunks.length === 1 && first ? first : Buffer.concat(chunks)
}

function tooLarge(limitBytes: number): RangeError {
  return new RangeError(`it is larger than ${limitBytes} bytes`)
}

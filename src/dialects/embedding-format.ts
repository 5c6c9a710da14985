/*
 * Formats in which vectors are asked for. They have no streams, so what a dialect must say about those is said here once.
 */
import type { EmbeddingRequest } from '../canonical/embedding.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Dialect } from './dialect.ts'

type StreamPart = 'streamDecoder' | 'streamEncoder' | 'encodeStreamError' | 'relayScanner'

/** A dialect of vectors from what it has to say. */
export function embeddingFormat(format: Omit<Dialect, StreamPart | 'operation' | 'priceAsks'>): Dialect {
  const never = (): never => {
    throw new GatewayError('internal', `${format.name} has no streams.`)
  }
  return {
    ...format,
    operation: 'embeddings',
    priceAsks: () => ({}),
    streamDecoder: never,
    streamEncoder: never,
    encodeStreamError: never,
    relayScanner: never,
  }
}

/** What is asked for, and the texts. Throws GatewayError `unsupported_parameter` for texts that were given as tokens: only their own host knows those. */
export function textsOf(request: CanonicalRequest): {
  readonly texts: readonly string[]
  readonly asked: EmbeddingRequest
} {
  const parts = request.messages.flatMap(({ content }) => content)
  const texts = parts.map((part) => {
    if (part.type === 'text') return part.text
    throw new GatewayError('unsupported_parameter', 'This model takes texts, not token numbers; send input as text.', {
      param: 'input',
    })
  })
  return { texts, asked: request.embedding ?? { encoding: 'float' } }
}

/** A vector as 32-bit floats, little-endian, in base64: how OpenAI's clients ask for it. */
export function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (const [at, number] of vector.entries()) bytes.writeFloatLE(number, at * 4)
  return bytes.toString('base64')
}

/** The numbers in such a text. */
export function vectorOf(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4))
}

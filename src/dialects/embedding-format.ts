/*
 * Formats in which vectors are asked for. They have no streams, so what a dialect must say about those is said here once.
 */
import type { Embedding, EmbeddingRequest } from '../canonical/embedding.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isObject, type JsonValue } from '../lib/json.ts'
import type { Dialect } from './dialect.ts'
import { errorIn } from './openai-chat/error.ts'

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

/** What vectors are for, in a vendor's words. Hosts have several words for both; any other word is taken to be the vendor's own. */
export function purposeWord(
  purpose: string | undefined,
  words: { readonly query: string; readonly document: string },
): string | undefined {
  if (purpose === undefined) return undefined
  if (/^(search_|retrieval_)?query$/i.test(purpose)) return words.query
  return /^((search_|retrieval_)?document|passage)$/i.test(purpose) ? words.document : purpose
}

/** Fields that only the caller's own format knows: they are reported as dropped by the others. */
export function extensionsOf({ extensions }: CanonicalRequest): string[] {
  return Object.keys(extensions?.['openai-embeddings'] ?? {})
}

/** The numbers of one vector, however it is written. Throws GatewayError `upstream_invalid_response` when there are none. */
export function vectorIn(value: JsonValue | undefined, at: number): Embedding {
  const vector = typeof value === 'string' ? vectorOf(value) : []
  if (vector.length > 0) return vector
  if (Array.isArray(value) && value.every((number) => typeof number === 'number')) return value
  throw new GatewayError('upstream_invalid_response', `The provider's vector ${at} is no list of numbers.`)
}

/** The error of a reply without vectors, with the provider's own words where it has any. */
export function noVectors(body: JsonValue): GatewayError {
  const said = isObject(body) ? errorIn(body)?.message : undefined
  return new GatewayError('upstream_invalid_response', said ?? 'The provider answered without a list of vectors.')
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

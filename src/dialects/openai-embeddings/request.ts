import type { OpaquePart, TextPart } from '../../canonical/content.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { invalid, optionalInteger, optionalString, requiredString } from '../openai-chat/fields.ts'

/** Fields with a meaning of their own; all others are extensions. `input_type` is Voyage's and others' word for the purpose. */
const KNOWN = new Set(['model', 'input', 'dimensions', 'encoding_format', 'user', 'input_type', 'metadata'])

/** The most texts that OpenAI takes at once. */
const MOST_INPUTS = 2048

/** Reads a request for vectors. Throws GatewayError `invalid_request` with the field's path. */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  const encoding = optionalString(body, 'encoding_format') ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') throw invalid('encoding_format', 'must be "float" or "base64".')
  const dimensions = optionalInteger(body, 'dimensions', 1)
  const endUser = optionalString(body, 'user')
  const purpose = optionalString(body, 'input_type')
  const others = Object.entries(body).filter(([field, value]) => !KNOWN.has(field) && value !== null)
  return {
    model: requiredString(body, 'model'),
    messages: [{ role: 'user', content: inputs(body.input) }],
    embedding: {
      encoding,
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(purpose === undefined ? {} : { purpose }),
    },
    ...(endUser === undefined ? {} : { endUser }),
    ...(others.length === 0 ? {} : { extensions: { 'openai-embeddings': Object.fromEntries(others) } }),
    stream: false,
  }
}

function inputs(input: JsonValue | undefined): readonly (TextPart | OpaquePart)[] {
  if (input === undefined || input === null)
    throw invalid('input', 'this field is required: a text, or a list of texts.')
  if (typeof input === 'string') return [text(input, 'input')]
  if (!Array.isArray(input) || input.length === 0) throw invalid('input', 'must be a text, or a list of at least one.')
  if (input.every((item) => typeof item === 'number')) return [tokens(input, 'input')]
  if (input.length > MOST_INPUTS)
    throw invalid('input', `has ${input.length} texts; at most ${MOST_INPUTS} go at once.`)
  return input.map((item, index) => {
    const path = `input[${index}]`
    if (typeof item === 'string') return text(item, path)
    if (Array.isArray(item)) return tokens(item, path)
    throw invalid(path, 'must be a text or a list of token numbers.')
  })
}

function text(value: string, path: string): TextPart {
  if (value === '') throw invalid(path, 'may not be an empty text.')
  return { type: 'text', text: value }
}

function tokens(value: readonly JsonValue[], path: string): OpaquePart {
  if (value.length === 0 || !value.every((each) => Number.isSafeInteger(each)))
    throw invalid(path, 'must be a text or a list of token numbers.')
  return { type: 'opaque', dialect: 'openai-embeddings', block: [...value] }
}

/** Writes a request for vectors. */
export function encodeRequest(request: CanonicalRequest, { model, quirks }: EncodeTarget): EncodedRequest {
  const { embedding, endUser, extensions } = request
  const parts = request.messages.flatMap(({ content }) => content)
  const input = parts.map(
    (part): JsonValue => (part.type === 'text' ? part.text : part.type === 'opaque' ? part.block : ''),
  )
  const wanted: JsonObject = {
    model,
    input,
    ...(embedding?.encoding === 'base64' ? { encoding_format: 'base64' } : {}),
    ...(embedding?.dimensions === undefined ? {} : { dimensions: embedding.dimensions }),
    ...(embedding?.purpose === undefined ? {} : { input_type: embedding.purpose }),
    ...(endUser === undefined ? {} : { user: endUser }),
    ...extensions?.['openai-embeddings'],
  }
  const rejected = new Set(quirks.rejects ?? [])
  const dropped = Object.keys(wanted).filter((field) => rejected.has(field))
  return { body: Object.fromEntries(Object.entries(wanted).filter(([field]) => !rejected.has(field))), dropped }
}

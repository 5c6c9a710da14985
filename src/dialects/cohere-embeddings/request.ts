import type { CanonicalRequest } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { extensionsOf, purposeWord, textsOf } from '../embedding-format.ts'
import { invalid, optionalInteger, optionalString, requiredString } from '../openai-chat/fields.ts'

const PURPOSES = { query: 'search_query', document: 'search_document' } as const

/** Reads a request for vectors of texts. */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  if (!Array.isArray(body.texts) || body.texts.length === 0)
    throw invalid('texts', 'must be a list of at least one text.')
  const content = body.texts.map((text, at) => {
    if (typeof text !== 'string') throw invalid(`texts[${at}]`, 'must be a text.')
    return { type: 'text' as const, text }
  })
  const dimensions = optionalInteger(body, 'output_dimension', 1)
  const type = optionalString(body, 'input_type')
  const purpose = type === PURPOSES.query ? 'query' : type === PURPOSES.document ? 'document' : type
  return {
    model: requiredString(body, 'model'),
    messages: [{ role: 'user', content }],
    embedding: {
      encoding: 'float',
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(purpose === undefined ? {} : { purpose }),
    },
    stream: false,
  }
}

/** Writes a request for vectors of texts. Cohere must know what they are for; documents to be searched are the usual case. */
export function encodeRequest(request: CanonicalRequest, { model }: EncodeTarget): EncodedRequest {
  const { texts, asked } = textsOf(request)
  return {
    body: {
      model,
      texts: [...texts],
      input_type: purposeWord(asked.purpose, PURPOSES) ?? PURPOSES.document,
      embedding_types: ['float'],
      ...(asked.dimensions === undefined ? {} : { output_dimension: asked.dimensions }),
    },
    dropped: [...extensionsOf(request), ...(request.endUser === undefined ? [] : ['user'])],
  }
}

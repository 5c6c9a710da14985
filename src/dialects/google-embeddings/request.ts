import type { CanonicalRequest } from '../../canonical/request.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget, PathAsk } from '../dialect.ts'
import { extensionsOf, purposeWord, textsOf } from '../embedding-format.ts'
import { invalid, optionalInteger, optionalString } from '../openai-chat/fields.ts'

const PURPOSES = { query: 'RETRIEVAL_QUERY', document: 'RETRIEVAL_DOCUMENT' } as const

/** Reads a batch of texts; what differs between its requests beside the text is taken from the first. */
export function decodeRequest(body: JsonObject, asked?: PathAsk): CanonicalRequest {
  const requests = Array.isArray(body.requests) ? body.requests.filter(isObject) : []
  const [first] = requests
  if (!first) throw invalid('requests', 'must be a list of at least one request.')
  const content = requests.map((request, at) => ({ type: 'text' as const, text: textIn(request, `requests[${at}]`) }))
  const dimensions = optionalInteger(first, 'outputDimensionality', 1, 'requests[0]')
  const task = optionalString(first, 'taskType', 'requests[0]')
  return {
    model: asked?.model ?? optionalString(first, 'model', 'requests[0]')?.replace(/^models\//, '') ?? '',
    messages: [{ role: 'user', content }],
    embedding: {
      encoding: 'float',
      ...(dimensions === undefined ? {} : { dimensions }),
      ...(task === undefined ? {} : { purpose: purposeIn(task) }),
    },
    stream: false,
  }
}

function purposeIn(task: string): string {
  if (task === PURPOSES.query) return 'query'
  return task === PURPOSES.document ? 'document' : task
}

function textIn({ content }: JsonObject, path: string): string {
  const parts = isObject(content) && Array.isArray(content.parts) ? content.parts.filter(isObject) : []
  const text = parts.map((part) => (typeof part.text === 'string' ? part.text : '')).join('')
  if (text === '') throw invalid(`${path}.content.parts`, 'must hold a text.')
  return text
}

/** Writes a batch of texts. */
export function encodeRequest(request: CanonicalRequest, { model }: EncodeTarget): EncodedRequest {
  const { texts, asked } = textsOf(request)
  const task = purposeWord(asked.purpose, PURPOSES)
  const requests = texts.map((text) => ({
    model: `models/${model}`,
    content: { parts: [{ text }] },
    ...(task === undefined ? {} : { taskType: task }),
    ...(asked.dimensions === undefined ? {} : { outputDimensionality: asked.dimensions }),
  }))
  return { body: { requests }, dropped: [...extensionsOf(request), ...(request.endUser === undefined ? [] : ['user'])] }
}

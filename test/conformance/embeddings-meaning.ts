import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { errorIn, errorOfReply } from './error-meaning.ts'
import type { ChoiceMeaning, Meaning, PlainReply } from './meaning.ts'
import { objectIn, textIn, tokens } from './plain-json.ts'

/** Where a format keeps its vectors and what they cost. */
export interface VectorsIn {
  readonly vectors: readonly (JsonValue | undefined)[]
  readonly input: JsonValue | undefined
}

/** Reads a reply with vectors: one answer for each, whose text is its numbers as 32-bit floats. `find` says where they are. */
export function readVectors({ status, body }: PlainReply, find: (answer: JsonObject) => VectorsIn): Meaning {
  const failed = { status, model: null, choices: [], usage: null, stream: null }
  if (status >= 400) return { ...failed, error: errorOfReply(status, body) }
  const answer = parseJson(body)
  const error = errorIn(answer, status)
  if (error || !isObject(answer)) return { ...failed, error }
  const { vectors, input } = find(answer)
  return {
    status,
    model: textIn(answer, 'model') || null,
    choices: vectors.map(choiceOf),
    usage: { input: tokens(input), output: null, cached: null, reasoning: null },
    error: null,
    stream: null,
  }
}

function choiceOf(vector: JsonValue | undefined): ChoiceMeaning {
  const bytes = typeof vector === 'string' ? Buffer.from(vector, 'base64') : null
  const numbers = bytes
    ? Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4))
    : (Array.isArray(vector) ? vector : []).map((each) => Math.fround(Number(each)))
  const plain = { reasoning: '', refusal: '', calls: [], foreign: [], finish: 'stop', stopText: null }
  return { text: numbers.join(' '), ...plain }
}

/** OpenAI's list. */
export const openAiVectors = (answer: JsonObject): VectorsIn => ({
  vectors: (Array.isArray(answer.data) ? answer.data : []).map((item) => (isObject(item) ? item.embedding : undefined)),
  input: objectIn(answer, 'usage').prompt_tokens ?? objectIn(answer, 'usage').total_tokens,
})

/** Gemini's batch. */
export const googleVectors = (answer: JsonObject): VectorsIn => ({
  vectors: (Array.isArray(answer.embeddings) ? answer.embeddings : []).map((item) =>
    isObject(item) ? item.values : undefined,
  ),
  input: objectIn(answer, 'usageMetadata').promptTokenCount,
})

/** Cohere's lists by type. */
export const cohereVectors = (answer: JsonObject): VectorsIn => {
  const { float } = objectIn(answer, 'embeddings')
  return {
    vectors: Array.isArray(float) ? float : [],
    input: objectIn(objectIn(answer, 'meta'), 'billed_units').input_tokens,
  }
}

import { base64Of } from '../dialects/embedding-format.ts'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import { countTokens } from '../providers/simulated/tokens.ts'
import { BadRequest } from './bad-request.ts'
import type { WallWire } from './frame.ts'
import { openaiWire } from './openai-wire.ts'
import type { WallAnswer } from './wall-answer.ts'
import { positive, type WireRequest } from './wire-request.ts'

const USUAL_DIMENSIONS = 8

function read(body: JsonObject): WireRequest {
  if (typeof body.model !== 'string' || body.model === '') throw new BadRequest('you must provide a model parameter')
  const inputs = inputsOf(body.input)
  return {
    dialect: 'openai-embeddings',
    model: body.model,
    stream: false,
    includeUsage: true,
    maxTokens: null,
    stops: [],
    choices: 1,
    tools: [],
    mustCall: null,
    json: null,
    promptTokens: inputs.reduce((sum, text) => sum + countTokens(text), 0),
    embed: {
      texts: inputs,
      dimensions: positive(body.dimensions) ?? USUAL_DIMENSIONS,
      base64: body.encoding_format === 'base64',
    },
    lastRole: 'user',
    lastUserText: inputs.at(-1) ?? '',
  }
}

function inputsOf(input: JsonValue | undefined): readonly string[] {
  const list = Array.isArray(input) && !input.every((item) => typeof item === 'number') ? input : [input]
  if (list.length === 0 || list.some((item) => item === undefined || item === null || item === ''))
    throw new BadRequest("'$.input' is invalid. Please check the API reference.", 'input')
  return list.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
}

function usage(answer: WallAnswer): JsonObject {
  return { prompt_tokens: answer.promptTokens, total_tokens: answer.promptTokens, ...answer.usage }
}

/** OpenAI's embeddings, as the wall speaks them. There are no streams. */
export const openaiEmbeddingsWire: WallWire = {
  ...openaiWire,
  dialect: 'openai-embeddings',
  address: (path) => (path.endsWith('/embeddings') ? {} : null),
  read,
  body: (answer) => ({
    object: 'list',
    data: (answer.vectors?.rows ?? []).map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: answer.vectors?.base64 ? base64Of(vector) : [...vector],
    })),
    model: answer.model,
    usage: usage(answer),
  }),
  frames: () => [],
  usage,
  billed: ({ prompt_tokens: tokens }) => ({ inputTokens: typeof tokens === 'number' ? tokens : 0, outputTokens: 0 }),
}

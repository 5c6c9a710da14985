/*
 * The parameters of a request beside the conversation and the tools.
 */
import type { CanonicalRequest, ReasoningRequest, ResponseFormat } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { invalid, optionalInteger, optionalList, optionalObject, requiredString } from '../openai-chat/fields.ts'
import type { Drop } from '../own-extensions.ts'
import { describedSchema } from '../schema-description.ts'

/** The stop texts. */
export function decodeStop(body: JsonObject): readonly string[] | undefined {
  return optionalList(body, 'stop_sequences')?.map((text, at) => {
    if (typeof text === 'string') return text
    throw invalid(`stop_sequences[${at}]`, 'must be a string.')
  })
}

/** The format of the answer. Cohere's schemas have no names. */
export function decodeResponseFormat(body: JsonObject): ResponseFormat | undefined {
  const format = optionalObject(body, 'response_format')
  if (!format) return undefined
  const type = requiredString(format, 'type', 'response_format')
  if (type === 'text') return { type }
  if (type !== 'json_object') throw invalid('response_format.type', 'must be "text" or "json_object".')
  const schema = optionalObject(format, 'json_schema', 'response_format')
  return schema ? { type: 'json-schema', name: 'answer', schema } : { type: 'json' }
}

/** The format in Cohere's words. */
export function encodeResponseFormat(format: ResponseFormat): JsonObject {
  if (format.type === 'text') return { type: 'text' }
  return { type: 'json_object', ...(format.type === 'json' ? {} : { json_schema: describedSchema(format) }) }
}

/** How much to think; undefined when the request leaves it to the model. */
export function decodeThinking(body: JsonObject): ReasoningRequest | undefined {
  const thinking = optionalObject(body, 'thinking')
  if (!thinking) return undefined
  if (requiredString(thinking, 'type', 'thinking') === 'disabled') return { effort: 'none' }
  const budgetTokens = optionalInteger(thinking, 'token_budget', 1, 'thinking')
  return budgetTokens === undefined ? { effort: 'high' } : { budgetTokens }
}

/** The models that think, and take thoughts of earlier turns back. https://docs.cohere.com/docs/reasoning (2026-11-21) */
const THINKERS = /command-a-(reasoning|plus)/

/** Whether a model thinks. */
export function thinks(model: string): boolean {
  return THINKERS.test(model)
}

const BUDGETS = { minimal: 512, low: 2048, medium: 8192 } as const

/** The field `thinking`: nothing where the model decides, or does not think anyway. An effort below high becomes a budget, at most half of the output cap. */
export function encodeThinking(request: CanonicalRequest, model: string, drop: Drop): JsonObject {
  const { reasoning, maxOutputTokens: cap } = request
  if (!reasoning) return {}
  const { effort, budgetTokens } = reasoning
  if (effort === 'none' || budgetTokens === 0) return thinks(model) ? { thinking: { type: 'disabled' } } : {}
  if (!thinks(model)) {
    drop('reasoning_effort')
    return {}
  }
  const derived = effort === 'minimal' || effort === 'low' || effort === 'medium' ? BUDGETS[effort] : undefined
  const fitted = derived === undefined || cap === undefined ? derived : Math.max(1, Math.min(derived, cap >> 1))
  const budget = budgetTokens ?? fitted
  return { thinking: { type: 'enabled', ...(budget === undefined ? {} : { token_budget: budget }) } }
}

/**
 * Sampling in Cohere's ranges: `p` ends at 0.99 where others end at 1, which means the same; penalties begin at 0, and what is cut off them
 * is reported.
 */
export function encodeSampling(request: CanonicalRequest, drop: Drop): JsonObject {
  const within = (value: number | undefined, least: number, most: number, path: string) => {
    if (value === undefined) return undefined
    const kept = Math.min(most, Math.max(least, value))
    if (kept !== value) drop(path)
    return kept
  }
  const { temperature, topP, topK, seed } = request
  const fields = {
    temperature,
    p: topP === undefined ? undefined : Math.min(0.99, Math.max(0.01, topP)),
    k: within(topK, 0, 500, 'top_k'),
    seed,
    frequency_penalty: within(request.frequencyPenalty, 0, 1, 'frequency_penalty'),
    presence_penalty: within(request.presencePenalty, 0, 1, 'presence_penalty'),
  }
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}

/*
 * `additionalModelRequestFields`: what Converse has no word for, in the words of each vendor.
 *
 * How much to think: Claude's `thinking` and effort, `reasoning_effort` of the open OpenAI models, Nova 2's `reasoningConfig`. The most probable tokens to choose
 * from: `top_k` (Claude, Mistral), `k` (Cohere), `inferenceConfig.topK` (Nova). Other models have no such words that Bedrock documents.
 *
 * Nova takes its highest effort only without an output cap. The cap is money that was reserved, so the effort is lowered and reported instead.
 */
import type { CanonicalRequest, ReasoningRequest } from '../../canonical/request.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { encodeSampling } from '../anthropic-messages/sampling.ts'
import { decodeThinkingRequest, encodeThinking } from '../anthropic-messages/thinking.ts'
import type { Drop } from '../own-extensions.ts'
import type { ModelRules, Vendor } from './model-rules.ts'

/** What a request's own fields of the model say in words that all formats share, and what is left of them. */
export interface ModelFields {
  readonly reasoning?: ReasoningRequest
  readonly topK?: number
  readonly rest: JsonObject
}

const EFFORTS = ['low', 'medium', 'high'] as const

/** Reads `additionalModelRequestFields`, and the effort of `outputConfig`. */
export function decodeModelFields(fields: JsonObject, effort: string | undefined): ModelFields {
  const {
    thinking,
    reasoning_config: older,
    output_config: own,
    reasoning_effort: word,
    reasoningConfig,
    ...others
  } = fields
  const { top_k: topK, inferenceConfig, tool_choice: _, ...rest } = others
  const claudes = decodeThinkingRequest({
    ...(isObject(thinking) ? { thinking } : isObject(older) ? { thinking: older } : {}),
    ...(effort === undefined ? (isObject(own) ? { output_config: own } : {}) : { output_config: { effort } }),
  })
  const reasoning = claudes.reasoning ?? effortOf(word) ?? novasReasoning(reasoningConfig)
  const { topK: novasTopK, ...novasRest } = isObject(inferenceConfig) ? inferenceConfig : {}
  const most = [topK, novasTopK].find((each) => typeof each === 'number')
  return {
    ...(reasoning ? { reasoning } : {}),
    ...(typeof most === 'number' ? { topK: most } : {}),
    rest: {
      ...rest,
      ...claudes.extensions,
      ...(Object.keys(novasRest).length > 0 ? { inferenceConfig: novasRest } : {}),
    },
  }
}

function effortOf(word: unknown): ReasoningRequest | undefined {
  const effort = EFFORTS.find((each) => each === word)
  return effort && { effort }
}

function novasReasoning(config: unknown): ReasoningRequest | undefined {
  if (!isObject(config)) return undefined
  return config.type === 'disabled' ? { effort: 'none' } : effortOf(config.maxReasoningEffort)
}

/** What the encoder needs to know. */
export interface ModelFieldsAsk {
  readonly request: CanonicalRequest
  readonly rules: ModelRules
  readonly model: string
  /** The cap that is written when the model thinks with a budget. */
  readonly maxTokens: number
  /** This dialect's own fields of the request. */
  readonly own: JsonObject
  /** Whether the conversation or the tool choice rules out thinking with a budget. */
  readonly noBudget: boolean
}

/** Fields of the model, and what follows from them for the fields that all models share. */
export interface WrittenFields {
  readonly fields: JsonObject
  readonly sampling: { temperature?: number; topP?: number }
  readonly effort?: string
  /** Whether a thinking budget was written: it needs a cap above it. */
  readonly budget: boolean
}

/** Writes what the model understands; the rest is dropped. */
export function encodeModelFields(ask: ModelFieldsAsk, drop: Drop): WrittenFields {
  if (ask.rules.reasoning === 'claude') return claudesFields(ask, drop)
  const { request, rules } = ask
  const { temperature, topP, topK } = request
  // Bedrock's temperature ends at 1.
  if (temperature !== undefined && temperature > 1) drop('temperature')
  return {
    fields: { ...(topK === undefined ? {} : topKField(topK, rules.vendor, drop)), ...effortField(ask, drop) },
    sampling: {
      ...(temperature === undefined ? {} : { temperature: Math.min(temperature, 1) }),
      ...(topP === undefined ? {} : { topP }),
    },
    budget: false,
  }
}

function claudesFields({ request, model, maxTokens, own, noBudget }: ModelFieldsAsk, drop: Drop): WrittenFields {
  const { thinking, effort } = encodeThinking({ reasoning: request.reasoning, model, maxTokens, own, noBudget }, drop)
  const thinks = thinking !== undefined && thinking.type !== 'disabled'
  const { temperature, top_p: topP, top_k: topK } = encodeSampling(request, model, thinks, drop)
  return {
    fields: { ...(thinking ? { thinking } : {}), ...(topK === undefined ? {} : { top_k: topK }) },
    sampling: { ...(temperature === undefined ? {} : { temperature }), ...(topP === undefined ? {} : { topP }) },
    ...(effort === undefined ? {} : { effort }),
    budget: thinking?.budget_tokens !== undefined,
  }
}

function topKField(topK: number, vendor: Vendor, drop: Drop): JsonObject {
  switch (vendor) {
    case 'nova':
      return { inferenceConfig: { topK } }
    case 'mistral':
      return { top_k: topK }
    case 'cohere':
      return { k: topK }
    default:
      drop('top_k')
      return {}
  }
}

function effortField({ request: { reasoning }, rules }: ModelFieldsAsk, drop: Drop): JsonObject {
  if (!reasoning) return {}
  const { effort, budgetTokens } = reasoning
  if (rules.reasoning === 'none') {
    // Nothing is lost where nothing is to be thought.
    if (effort !== 'none') drop(effort === undefined ? 'thinking' : 'reasoning_effort')
    return {}
  }
  if (budgetTokens !== undefined) drop('thinking.budget_tokens')
  const nova = rules.reasoning === 'reasoningConfig'
  if (effort === 'none') {
    if (!nova) drop('reasoning_effort')
    return nova ? { reasoningConfig: { type: 'disabled' } } : {}
  }
  const wanted = effort ?? 'medium'
  const nearest = wanted === 'low' || wanted === 'minimal' ? 'low' : wanted === 'medium' || nova ? 'medium' : 'high'
  if (effort !== undefined && nearest !== effort) drop('reasoning_effort')
  return nova ? { reasoningConfig: { type: 'enabled', maxReasoningEffort: nearest } } : { reasoning_effort: nearest }
}

/*
 * How much the model should think: Anthropic's `thinking` and `output_config.effort`.
 *
 * Budgets derived from an effort are a share of the output cap, because the cap is money that was reserved: it is never raised to make
 * room for thinking. Anthropic wants at least 1,024 tokens of budget and the cap above it; where that does not fit, the model
 * answers without thinking and the path is reported.
 */
import type { ReasoningRequest } from '../../canonical/request.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { invalid, optionalInteger, optionalObject, optionalString, othersOf } from './fields.ts'
import { type Generation, generationOf } from './generation.ts'

type Effort = NonNullable<ReasoningRequest['effort']>

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const
const LEAST_BUDGET = 1024
const MOST_BUDGET = 32_000
const SHARE_OF_CAP: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.9,
  max: 0.95,
}

/** What a request says about thinking. */
export interface ThinkingFields {
  readonly reasoning?: ReasoningRequest
  /** What of `thinking` and `output_config` only Anthropic understands, to be carried as extensions. */
  readonly extensions: { readonly thinking?: JsonObject; readonly output_config?: JsonObject }
}

/** Reads `thinking` and `output_config.effort`. */
export function decodeThinkingRequest(body: JsonObject): ThinkingFields {
  const thinking = optionalObject(body, 'thinking')
  const effort = decodeEffort(body)
  const withEffort = effort === undefined ? {} : { effort }
  switch (thinking?.type) {
    case undefined:
      if (thinking) throw invalid('thinking.type', 'is missing.')
      // Effort without thinking is a setting of its own: the extension tells the encoder not to add thinking to it.
      return effort === undefined
        ? { extensions: {} }
        : { reasoning: { effort }, extensions: { output_config: { effort } } }
    case 'disabled':
      return { reasoning: { effort: 'none' }, extensions: {} }
    case 'enabled': {
      const budgetTokens = optionalInteger(thinking, 'budget_tokens', 0, 'thinking')
      if (budgetTokens === undefined) throw invalid('thinking.budget_tokens', 'is missing.')
      return { reasoning: { ...withEffort, budgetTokens }, extensions: leftover(thinking) }
    }
    case 'adaptive':
      return { reasoning: withEffort, extensions: leftover(thinking) }
    default:
      return { ...(effort === undefined ? {} : { reasoning: withEffort }), extensions: { thinking: thinking ?? {} } }
  }
}

const SAID = new Set(['type', 'budget_tokens'])

function leftover(thinking: JsonObject): ThinkingFields['extensions'] {
  const others = othersOf(thinking, SAID)
  return others ? { thinking: others } : {}
}

function decodeEffort(body: JsonObject): (typeof EFFORTS)[number] | undefined {
  const config = optionalObject(body, 'output_config')
  const effort = config && optionalString(config, 'effort', 'output_config')
  if (effort === undefined) return undefined
  const known = EFFORTS.find((name) => name === effort)
  if (known) return known
  throw invalid('output_config.effort', `must be one of ${EFFORTS.join(', ')}.`)
}

/**
 * Whether a conversation goes on with the results of tools that were called without a thought before (by another vendor's model, or one that was not to
 * think). Anthropic then refuses thinking with a budget.
 */
export function calledWithoutThought(messages: readonly JsonObject[]): boolean {
  if (blocksOf(messages.at(-1)?.content)[0]?.type !== 'tool_result') return false
  const [first] = blocksOf(messages.findLast((message) => message.role === 'assistant')?.content)
  return first?.type !== 'thinking' && first?.type !== 'redacted_thinking'
}

function blocksOf(content: JsonValue | undefined): JsonObject[] {
  return Array.isArray(content) ? content.filter(isObject) : []
}

/** What the encoder must know to ask for thinking. */
export interface ThinkingAsk {
  readonly reasoning: ReasoningRequest | undefined
  readonly model: string
  /** The output cap that will be written. */
  readonly maxTokens: number
  /** This dialect's own extensions of the request. */
  readonly own: JsonObject
  /** Whether the conversation or the tool choice rules out thinking with a budget. */
  readonly noBudget: boolean
}

/** The `thinking` and `output_config.effort` to write. What the model or the cap does not allow is dropped. */
export function encodeThinking(ask: ThinkingAsk, drop: Drop): { thinking?: JsonObject; effort?: string } {
  const { reasoning, model, own } = ask
  const extra = optionalObject(own, 'thinking') ?? {}
  if (extra.type !== undefined) return { thinking: extra, ...effortField(reasoning?.effort, generationOf(model), drop) }
  if (!reasoning) return {}
  const generation = generationOf(model)
  if (reasoning.effort === 'none') return withoutThinking(generation, drop)
  if (optionalObject(own, 'output_config')?.effort === reasoning.effort && reasoning.effort !== undefined) {
    return effortField(reasoning.effort, generation, drop)
  }
  const wantsBudget = generation.thinking === 'either' && reasoning.budgetTokens !== undefined && !ask.noBudget
  if (generation.thinking !== 'budget' && !wantsBudget) return adaptive(reasoning, generation, extra, drop)
  const budget = ask.noBudget ? null : budgetOf(reasoning, ask.maxTokens)
  if (budget === null) {
    drop(reasoning.budgetTokens === undefined ? 'reasoning_effort' : 'thinking')
    return {}
  }
  if (reasoning.budgetTokens !== undefined && budget < reasoning.budgetTokens) drop('thinking.budget_tokens')
  const effort = wantsBudget ? effortField(reasoning.effort, generation, drop) : {}
  return { thinking: { ...extra, type: 'enabled', budget_tokens: budget }, ...effort }
}

function adaptive(reasoning: ReasoningRequest, generation: Generation, extra: JsonObject, drop: Drop) {
  const { effort, budgetTokens } = reasoning
  if (budgetTokens !== undefined) drop('thinking.budget_tokens')
  const level = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens))
  return { thinking: { ...extra, type: 'adaptive' }, ...effortField(level, generation, drop) }
}

function withoutThinking(generation: Generation, drop: Drop): { thinking?: JsonObject } {
  if (generation.noThinking === 'impossible') drop('reasoning_effort')
  return generation.noThinking === 'disabled' ? { thinking: { type: 'disabled' } } : {}
}

/** The budget that fits below the cap; null when not even the least does. */
function budgetOf(reasoning: ReasoningRequest, maxTokens: number): number | null {
  if (maxTokens <= LEAST_BUDGET) return null
  const { budgetTokens, effort } = reasoning
  const share = SHARE_OF_CAP[effort === undefined || effort === 'none' ? 'high' : effort]
  const wanted = budgetTokens ?? Math.min(MOST_BUDGET, Math.floor(maxTokens * share))
  return Math.min(Math.max(wanted, LEAST_BUDGET), maxTokens - 1)
}

function effortOf(budgetTokens: number): Effort {
  return budgetTokens <= 2048 ? 'low' : budgetTokens <= 8192 ? 'medium' : 'high'
}

/** The effort in the words this generation knows; the nearest one is reported, because it is not what was asked. */
function effortField(effort: Effort | undefined, generation: Generation, drop: Drop): { effort?: string } {
  if (effort === undefined || effort === 'none') return {}
  const level = effort === 'minimal' ? 'low' : effort === 'xhigh' && !generation.xhigh ? 'high' : effort
  if (level !== effort) drop('reasoning_effort')
  return { effort: level }
}

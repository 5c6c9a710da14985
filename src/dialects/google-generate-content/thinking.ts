/*
 * How much the model should think: `generationConfig.thinkingConfig`.
 *
 * Callers of other formats who ask for thinking are shown the thoughts, as they are by other vendors; a caller of this format says so with
 * `includeThoughts`. An answer's thoughts count towards its cap, so no cap is raised to make room for them.
 */
import type { ReasoningRequest } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { invalid, optionalBoolean, optionalNumber, optionalObject, optionalString } from './fields.ts'
import { type Generation, generationOf, type ThinkingLevel } from './generation.ts'

type Effort = NonNullable<ReasoningRequest['effort']>

const AT = 'generationConfig.thinkingConfig'
/** A budget of so many tokens leaves it to the model. */
const AUTOMATIC = -1

const EFFORT_OF_LEVEL: Readonly<Record<string, Effort>> = {
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
}

const LEVEL_OF_EFFORT: Readonly<Record<Effort, ThinkingLevel>> = {
  none: 'MINIMAL',
  minimal: 'MINIMAL',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  xhigh: 'HIGH',
  max: 'HIGH',
}

/** As Google itself translates OpenAI's words: https://ai.google.dev/gemini-api/docs/openai#thinking */
const BUDGET_OF_EFFORT: Readonly<Record<Exclude<Effort, 'none'>, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
}

/** What a request says about thinking. */
export interface ThinkingFields {
  readonly reasoning?: ReasoningRequest
  /** Whether the thoughts are to be shown. */
  readonly shown: boolean
}

/** Reads `thinkingConfig`. A budget and a level exclude each other. */
export function decodeThinking(config: JsonObject): ThinkingFields {
  const thinking = optionalObject(config, 'thinkingConfig', 'generationConfig')
  if (!thinking) return { shown: false }
  const shown = optionalBoolean(thinking, 'includeThoughts', AT) ?? false
  const budget = optionalNumber(thinking, 'thinkingBudget', AT)
  const level = optionalString(thinking, 'thinkingLevel', AT)?.toUpperCase()
  if (level !== undefined && budget !== undefined) {
    throw invalid(AT, 'has a thinkingLevel and a thinkingBudget; send only one of them.')
  }
  if (level !== undefined && level !== 'THINKING_LEVEL_UNSPECIFIED') {
    const effort = Object.hasOwn(EFFORT_OF_LEVEL, level) ? EFFORT_OF_LEVEL[level] : undefined
    if (!effort) throw invalid(`${AT}.thinkingLevel`, 'must be MINIMAL, LOW, MEDIUM or HIGH.')
    return { reasoning: { effort }, shown }
  }
  if (budget === undefined || budget === AUTOMATIC) return { reasoning: {}, shown }
  if (!Number.isSafeInteger(budget) || budget < 0) {
    throw invalid(`${AT}.thinkingBudget`, 'must be a whole number of at least 0, or -1 for automatic.')
  }
  return { reasoning: budget === 0 ? { effort: 'none' } : { budgetTokens: budget }, shown }
}

/** The `thinkingConfig` to write; undefined when nothing was asked. What the model does not take is dropped. */
export function encodeThinking(
  reasoning: ReasoningRequest | undefined,
  ask: { readonly model: string; readonly shown: boolean },
  drop: Drop,
): JsonObject | undefined {
  if (!reasoning) return undefined
  const generation = generationOf(ask.model)
  if (generation.thinking === 'never') {
    if (reasoning.effort !== 'none') drop(pathOf(reasoning))
    return undefined
  }
  const amount =
    generation.thinking === 'level' ? levelOf(reasoning, generation, drop) : budgetOf(reasoning, generation, drop)
  return { ...amount, ...(ask.shown && reasoning.effort !== 'none' ? { includeThoughts: true } : {}) }
}

function levelOf(reasoning: ReasoningRequest, { levels }: Generation, drop: Drop): JsonObject {
  const effort =
    reasoning.effort ?? (reasoning.budgetTokens === undefined ? undefined : effortOf(reasoning.budgetTokens))
  if (effort === undefined) return {}
  const wanted = LEVEL_OF_EFFORT[effort]
  // The next one up: too much thought is dearer, too little is wrong.
  const [level = 'HIGH'] = LADDER.slice(LADDER.indexOf(wanted)).filter((each) => levels.includes(each))
  const nearly = level !== wanted || effort === 'none' || effort === 'xhigh' || effort === 'max'
  if (reasoning.effort === undefined) drop('thinking.budget_tokens')
  else if (nearly) drop('reasoning_effort')
  return { thinkingLevel: level }
}

const LADDER: readonly ThinkingLevel[] = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']

function budgetOf(reasoning: ReasoningRequest, { budget }: Generation, drop: Drop): JsonObject {
  const { effort, budgetTokens } = reasoning
  if (effort === 'none') {
    if (!budget.canBeOff) drop('reasoning_effort')
    return { thinkingBudget: budget.canBeOff ? 0 : budget.least }
  }
  if (budgetTokens === undefined && effort === undefined) return { thinkingBudget: AUTOMATIC }
  const wanted = budgetTokens ?? BUDGET_OF_EFFORT[effort ?? 'high']
  const tokens = Math.min(Math.max(wanted, budget.least), budget.most)
  if (budgetTokens !== undefined && tokens !== budgetTokens) drop('thinking.budget_tokens')
  return { thinkingBudget: tokens }
}

function effortOf(budgetTokens: number): Effort {
  return budgetTokens <= 2048 ? 'low' : budgetTokens <= 8192 ? 'medium' : 'high'
}

function pathOf(reasoning: ReasoningRequest): string {
  return reasoning.effort === undefined ? 'thinking' : 'reasoning_effort'
}

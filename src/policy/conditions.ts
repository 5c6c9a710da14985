/*
 * Conditions on a call, made into functions once per version of the configuration. A rule is a list of them; trying it walks that list and stops
 * at the first that does not hold. What is dear to know (how hard a call is, how full its budgets are) is a question that is asked when a condition
 * wants it, and once.
 */
import type { CallContext } from '../access/context.ts'
import type { Complexity } from '../canonical/call-words.ts'
import type { ConditionAttribute, ConditionConfig, ConditionValue } from '../config/sections/conditions.ts'

/** What conditions look at beside the context. */
export interface CallFacts {
  readonly context: CallContext
  inputTokens(): number
  requiresJson(): boolean
  /** How many documents the call carries; null when it carries none and does not say. */
  documents(): number | null
  complexity(): Complexity
  /** The share of the fullest budget that is used, 0 to 1; null when the call is in none, or nothing is known. */
  budgetUsed(): number | null
}

/** One condition, compiled. */
export interface Condition {
  readonly attribute: ConditionAttribute
  /** In words: `plan is free`. */
  readonly text: string
  holds(facts: CallFacts): boolean
}

type Value = string | number | boolean | null

const READ: Readonly<Record<ConditionAttribute, (facts: CallFacts) => Value>> = {
  tenant_id: ({ context }) => context.tenantId,
  user_id: ({ context }) => context.userId,
  team_id: ({ context }) => context.teamId,
  feature: ({ context }) => context.feature,
  task: ({ context }) => context.task,
  plan: ({ context }) => context.plan,
  risk: ({ context }) => context.risk,
  quality: ({ context }) => context.quality,
  priority: ({ context }) => context.priority,
  visibility: ({ context }) => context.visibility,
  data_sensitivity: ({ context }) => context.dataSensitivity,
  region: ({ context }) => context.region,
  latency_target_ms: ({ context }) => context.latencyTargetMs,
  max_cost_usd: ({ context }) => context.maxCostUsd,
  prompt_version: ({ context }) => context.promptVersion,
  run_id: ({ context }) => context.runId,
  retrieved_documents: (facts) => facts.context.retrievedDocuments ?? facts.documents(),
  permission_scope: ({ context }) => context.permissionScope,
  input_tokens: (facts) => facts.inputTokens(),
  complexity: (facts) => facts.complexity().label,
  requires_json: (facts) => facts.requiresJson(),
  budget_used: (facts) => facts.budgetUsed(),
}

/** What bounds look at, where that is not what values are compared with. */
function numberIn(attribute: ConditionAttribute): (facts: CallFacts) => number | null {
  if (attribute === 'complexity') return (facts) => facts.complexity().score
  const read = READ[attribute]
  return (facts) => {
    const value = read(facts)
    return typeof value === 'number' ? value : null
  }
}

/** Compiles one condition. An attribute that a call does not have equals nothing and is in no bounds. */
export function compileCondition(attribute: ConditionAttribute, config: ConditionConfig): Condition {
  const read = READ[attribute]
  const tests: ((facts: CallFacts) => boolean)[] = []
  const { anyOf, not, gt, gte, lt, lte } = config
  if (anyOf) tests.push(among(read, anyOf, true))
  if (not) tests.push(among(read, not, false))
  if (gt !== undefined || gte !== undefined || lt !== undefined || lte !== undefined) {
    const number = numberIn(attribute)
    tests.push((facts) => {
      const value = number(facts)
      if (value === null) return false
      return (
        (gt === undefined || value > gt) &&
        (gte === undefined || value >= gte) &&
        (lt === undefined || value < lt) &&
        (lte === undefined || value <= lte)
      )
    })
  }
  const [first, ...others] = tests
  const holds = first && others.length === 0 ? first : (facts: CallFacts) => tests.every((test) => test(facts))
  return { attribute, text: conditionText(attribute, config), holds }
}

/** What a call has of an attribute, in words, for receipts. */
export function valueText(attribute: ConditionAttribute, facts: CallFacts): string {
  const value = READ[attribute](facts)
  if (value === null) return 'not given'
  return attribute === 'complexity' ? `${value} (${facts.complexity().score})` : String(value)
}

function among(
  read: (facts: CallFacts) => Value,
  values: readonly ConditionValue[],
  wanted: boolean,
): (facts: CallFacts) => boolean {
  const [only] = values
  if (values.length === 1) return (facts) => (read(facts) === only) === wanted
  const set = new Set<Value>(values)
  return (facts) => set.has(read(facts)) === wanted
}

const WORDS = { gt: 'over', gte: 'at least', lt: 'under', lte: 'at most' } as const

function conditionText(attribute: ConditionAttribute, config: ConditionConfig): string {
  const parts: string[] = []
  if (config.anyOf) parts.push(`is ${config.anyOf.join(' or ')}`)
  if (config.not) parts.push(`is not ${config.not.join(' or ')}`)
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
    const bound = config[name]
    if (bound !== undefined) parts.push(`is ${WORDS[name]} ${bound}`)
  }
  return `${attribute} ${parts.join(' and ')}`
}

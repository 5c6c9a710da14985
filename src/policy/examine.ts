import type { Capability } from '../canonical/capability.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import { type NanoUsd, usdNumber } from '../canonical/money.ts'
import { operationOf, spokenFor } from '../dialects/registry.ts'
import type { Deployment } from '../providers/deployment.ts'
import { isAllowed } from './allowed-models.ts'
import type { Candidate, CapSource, Skipped } from './decision.ts'
import type { Policy, Step } from './policy.ts'
import type { ParameterLimits, Pricing } from './policy-input.ts'
import type { PromptSize } from './prompt-size.ts'
import { liesIn, placeOf } from './residency.ts'

/** The shortest answer that is worth a call. */
export const MINIMAL_ANSWER_TOKENS = 16

/** What every model can give: asking an unknown one for more may be refused. Also what is held when money is short. */
export const SAFE_OUTPUT_TOKENS = 4096

/** What one call demands of every deployment. */
export interface Demand {
  readonly task: string | null
  /** Allowed names of the tenant and of the key; null is no limit. */
  readonly tenantAllows: readonly string[] | null
  readonly keyAllows: readonly string[] | null
  /** Where the tenant's data must stay; null is anywhere. */
  readonly residency: string | null
  /** Whether the call's data may not leave the operator's hands. */
  readonly privateOnly: boolean
  readonly prompt: PromptSize
  /** What the prompt surely has at least, in tokens. */
  readonly leastInputTokens: number
  /** The output cap of the call itself. */
  readonly askedOutputTokens: number | null
  readonly taskOutput: ParameterLimits
  readonly planOutputTokens: number | null
  /** The cap when nobody names one. */
  readonly uncappedOutputTokens: number
  /** 4096 and the reasoning that was asked for: what any model is trusted to give. */
  readonly safeOutputTokens: number
  readonly answers: number
  readonly inboundDialect: DialectName | null
  readonly needs: readonly Capability[]
  /** The most an attempt may cost. */
  readonly ceiling: NanoUsd | null
  /** Whether the answer is to be streamed. */
  readonly streams: boolean
  readonly latencyOf: Policy['latencyOf']
  /** Why an operator keeps a deployment from serving, null when nobody does; absent where nothing is switched off. */
  readonly switchedOff?: ((step: Step) => string | null) | undefined
}

/** Looks at one deployment: may it serve, with which output cap, at which worst cost? */
export function examine(step: Step, demand: Demand, pricing: Pricing): Candidate | Skipped {
  const { deployment, logicalName, role, balance } = step
  const p95Ms = demand.latencyOf(deployment, demand.streams)?.p95Ms ?? null
  const barred = barredBy(step, demand)
  if (barred) return { ...step, p95Ms, ...barred }
  const inputTokens = pricing.estimateInput(deployment, demand.prompt) + (deployment.asked?.toolTokens ?? 0)
  const cap = outputCap(step, demand)
  if (demand.ceiling !== null && demand.askedOutputTokens === null) {
    const affordable = Math.floor(pricing.affordableOutput(deployment, inputTokens, demand.ceiling) / demand.answers)
    if (affordable >= Math.min(MINIMAL_ANSWER_TOKENS, cap.tokens)) narrow(cap, affordable, 'cost_ceiling')
  }
  const { tokens: maxOutputTokens, by: cappedBy } = cap
  const worstCase = pricing.bound(deployment, { inputTokens, maxOutputTokens: maxOutputTokens * demand.answers })
  if (worstCase === null) return { ...step, p95Ms, reason: 'price_unknown', detail: unknownExtras(deployment) }
  if (demand.ceiling !== null && worstCase > demand.ceiling) {
    const detail = `could cost ${usdNumber(worstCase)} USD, more than ${usdNumber(demand.ceiling)}`
    return { ...step, p95Ms, reason: 'over_cost_ceiling', detail, worstCase }
  }
  return { deployment, logicalName, role, balance, p95Ms, inputTokens, maxOutputTokens, cappedBy, worstCase }
}

/** Why a deployment may not serve whatever it costs; null when it may. */
function barredBy(step: Step, demand: Demand): Pick<Skipped, 'reason' | 'detail'> | null {
  const { deployment } = step
  if (demand.residency !== null && !liesIn(placeOf(deployment), demand.residency)) {
    const place = placeOf(deployment)
    const where = place === null ? 'it is not known where it computes' : `it computes in ${place}`
    return { reason: 'outside_region', detail: `${where}, and this tenant's data stays in ${demand.residency}` }
  }
  if (demand.privateOnly && deployment.endpoint.private !== true) {
    return { reason: 'not_private', detail: 'restricted data goes to private providers only' }
  }
  if (!isAllowed(demand.tenantAllows, step, demand.task)) {
    return { reason: 'model_not_allowed', detail: "not in the plan's allowed_models" }
  }
  if (!isAllowed(demand.keyAllows, step, demand.task)) {
    return { reason: 'model_not_allowed', detail: "not in the key's allowed_models" }
  }
  const switchedOff = demand.switchedOff?.(step) ?? null
  if (switchedOff !== null) return { reason: 'kill_switch_on', detail: switchedOff }
  const incapable = incapableOf(deployment, demand)
  if (incapable !== null) return { reason: 'capability_missing', detail: incapable }
  const { contextTokens, price } = deployment
  if (contextTokens !== null && demand.leastInputTokens + MINIMAL_ANSWER_TOKENS > contextTokens) {
    const detail = `the prompt has about ${demand.leastInputTokens} tokens, the window ${contextTokens}`
    return { reason: 'prompt_too_long', detail }
  }
  if (price === null) {
    return { reason: 'price_unknown', detail: 'its price is not known; set one under providers.*.models' }
  }
  return null
}

/** What a deployment cannot do that the call needs; null when it can do all. */
function incapableOf({ dialects, lacks }: Deployment, { inboundDialect, answers, needs }: Demand): string | null {
  if (spokenFor(dialects, inboundDialect) === null) {
    return operationOf(inboundDialect) === 'embeddings' ? 'gives no embeddings' : 'gives embeddings only'
  }
  // Several answers can be passed on as they are; a translated call has one.
  if (answers > 1 && (inboundDialect === null || !dialects.includes(inboundDialect))) {
    return `gives one answer per call, not ${answers}`
  }
  if (lacks.length === 0) return null
  const missing = needs.filter((need) => lacks.includes(need))
  return missing.length === 0 ? null : `cannot do what the call needs: ${missing.join(', ')}`
}

/** Which of the things that the call asks for may have no known price. */
function unknownExtras({ asked = {} }: Deployment): string {
  const tier = asked.serviceTier === undefined ? [] : [`the service tier "${asked.serviceTier}"`]
  const tools = asked.toolUses === undefined ? [] : ['tools that the provider runs']
  return `the call asks for ${[...tier, ...tools].join(' and ')}, and what that costs here is not known`
}

/** An output cap, and whose it is. */
interface OutputCap {
  tokens: number
  by: CapSource
}

/** The narrowest cap that applies. */
function outputCap({ deployment }: Step, demand: Demand): OutputCap {
  const cap = widestCap(deployment, demand)
  narrow(cap, demand.taskOutput.max, 'task')
  narrow(cap, demand.planOutputTokens, 'plan')
  narrow(cap, deployment.maxOutputTokens, 'model')
  // What the call itself asks for is left to the provider's own count: ours is rough.
  if (demand.askedOutputTokens === null && deployment.contextTokens !== null) {
    narrow(cap, deployment.contextTokens - demand.leastInputTokens, 'context')
  }
  return cap
}

/** What the call says, else its task, else as much as is usual. */
function widestCap({ maxOutputTokens }: Deployment, demand: Demand): OutputCap {
  if (demand.askedOutputTokens !== null) return { tokens: demand.askedOutputTokens, by: 'call' }
  if (demand.taskOutput.default !== null) return { tokens: demand.taskOutput.default, by: 'task' }
  return { tokens: Math.min(demand.uncappedOutputTokens, maxOutputTokens ?? demand.safeOutputTokens), by: 'default' }
}

function narrow(cap: OutputCap, tokens: number | null, by: CapSource): void {
  if (tokens === null || tokens >= cap.tokens) return
  cap.tokens = tokens
  cap.by = by
}

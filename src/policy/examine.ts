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
import type { SkipReason } from './skip-reasons.ts'

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
  /** Why an operator keeps a deployment from serving; null when nobody does. */
  readonly switchedOff: (step: Step) => string | null
}

/** Looks at one deployment: may it serve, with which output cap, at which worst cost? */
export function examine(step: Step, demand: Demand, pricing: Pricing): Candidate | Skipped {
  const { deployment } = step
  const p95Ms = demand.latencyOf(deployment, demand.streams)?.p95Ms ?? null
  const skip = (reason: SkipReason, detail: string): Skipped => ({ ...step, p95Ms, reason, detail })
  if (demand.residency !== null && !liesIn(placeOf(deployment), demand.residency)) {
    const place = placeOf(deployment)
    const where = place === null ? 'it is not known where it computes' : `it computes in ${place}`
    return skip('outside_region', `${where}, and this tenant's data stays in ${demand.residency}`)
  }
  if (demand.privateOnly && deployment.endpoint.private !== true)
    return skip('not_private', 'restricted data goes to private providers only')
  if (!isAllowed(demand.tenantAllows, step, demand.task))
    return skip('model_not_allowed', "not in the plan's allowed_models")
  if (!isAllowed(demand.keyAllows, step, demand.task))
    return skip('model_not_allowed', "not in the key's allowed_models")
  const switchedOff = demand.switchedOff(step)
  if (switchedOff !== null) return skip('kill_switch_on', switchedOff)
  if (spokenFor(deployment.dialects, demand.inboundDialect) === null) {
    const embeds = operationOf(demand.inboundDialect) === 'embeddings'
    return skip('capability_missing', embeds ? 'gives no embeddings' : 'gives embeddings only')
  }
  // Several answers can be passed on as they are; a translated call has one.
  const passedOn = demand.inboundDialect !== null && deployment.dialects.includes(demand.inboundDialect)
  if (demand.answers > 1 && !passedOn) {
    return skip('capability_missing', `gives one answer per call, not ${demand.answers}`)
  }
  const missing = demand.needs.filter((need) => deployment.lacks.includes(need))
  if (missing.length > 0) return skip('capability_missing', `cannot do what the call needs: ${missing.join(', ')}`)
  const { contextTokens } = deployment
  if (contextTokens !== null && demand.leastInputTokens + MINIMAL_ANSWER_TOKENS > contextTokens) {
    return skip(
      'prompt_too_long',
      `the prompt has about ${demand.leastInputTokens} tokens, the window ${contextTokens}`,
    )
  }
  if (deployment.price === null)
    return skip('price_unknown', 'its price is not known; set one under providers.*.models')

  const inputTokens = pricing.estimateInput(deployment, demand.prompt) + (deployment.asked?.toolTokens ?? 0)
  let [maxOutputTokens, cappedBy] = outputCap(step, demand)
  if (demand.ceiling !== null && demand.askedOutputTokens === null) {
    const affordable = Math.floor(pricing.affordableOutput(deployment, inputTokens, demand.ceiling) / demand.answers)
    if (affordable < maxOutputTokens && affordable >= Math.min(MINIMAL_ANSWER_TOKENS, maxOutputTokens)) {
      ;[maxOutputTokens, cappedBy] = [affordable, 'cost_ceiling']
    }
  }
  const worstCase = pricing.bound(deployment, { inputTokens, maxOutputTokens: maxOutputTokens * demand.answers })
  if (worstCase === null) return skip('price_unknown', unknownExtras(deployment))
  if (demand.ceiling !== null && worstCase > demand.ceiling) {
    const detail = `could cost ${usdNumber(worstCase)} USD, more than ${usdNumber(demand.ceiling)}`
    return { ...skip('over_cost_ceiling', detail), worstCase }
  }
  return { ...step, p95Ms, inputTokens, maxOutputTokens, cappedBy, worstCase }
}

/** Which of the things that the call asks for may have no known price. */
function unknownExtras({ asked = {} }: Deployment): string {
  const tier = asked.serviceTier === undefined ? [] : [`the service tier "${asked.serviceTier}"`]
  const tools = asked.toolUses === undefined ? [] : ['tools that the provider runs']
  return `the call asks for ${[...tier, ...tools].join(' and ')}, and what that costs here is not known`
}

/** The narrowest cap that applies, and whose it is. */
function outputCap({ deployment }: Step, demand: Demand): [tokens: number, by: CapSource] {
  let cap: [number, CapSource] = [
    Math.min(demand.uncappedOutputTokens, deployment.maxOutputTokens ?? demand.safeOutputTokens),
    'default',
  ]
  if (demand.taskOutput.default !== null) cap = [demand.taskOutput.default, 'task']
  if (demand.askedOutputTokens !== null) cap = [demand.askedOutputTokens, 'call']
  const narrow = (tokens: number | null, by: CapSource) => {
    if (tokens !== null && tokens < cap[0]) cap = [tokens, by]
  }
  narrow(demand.taskOutput.max, 'task')
  narrow(demand.planOutputTokens, 'plan')
  narrow(deployment.maxOutputTokens, 'model')
  // What the call itself asks for is left to the provider's own count: ours is rough.
  if (demand.askedOutputTokens === null && deployment.contextTokens !== null) {
    narrow(deployment.contextTokens - demand.leastInputTokens, 'context')
  }
  return cap
}

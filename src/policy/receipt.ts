import { isLesser } from '../canonical/lesser.ts'
import { usdNumber } from '../canonical/money.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Deployment } from '../providers/deployment.ts'
import { type Candidate, type Decision, isSkipped, type Skipped } from './decision.ts'
import { replacedChoice } from './first-choice.ts'
import type { RouteOutline } from './refusal.ts'

/**
 * A decision as JSON, for `explain`, dry runs and traces. `limits` are rows on the limits the call would meet, from those who know them.
 */
export function receipt(decision: Decision, limits: readonly JsonValue[] = []) {
  const { estimate } = decision
  return {
    ...outlineJson(decision),
    ...choiceJson(decision, decision.candidates[0].deployment),
    estimate: {
      input_tokens: estimate.inputTokens,
      output_tokens: estimate.outputTokens,
      cost_usd: usdNumber(estimate.cost),
    },
    limits: [...limits],
    adjustments: decision.adjustments.map((one) => ({ ...one })),
    downgraded: decision.downgraded && { ...decision.downgraded },
    fallback: fallbackJson(decision),
  }
}

/** Another deployment in the place of the first choice, before anybody is asked. A canary is in nobody's place. */
export function fallbackJson(decision: Decision) {
  const replaced = replacedChoice(decision)
  const [first] = decision.candidates
  if (!replaced || first.role === 'canary') return null
  const { deployment, logicalName, reason } = replaced
  return { from: logicalName, to: first.logicalName, reason, downgrade: isLesser(deployment, first.deployment) }
}

/** The receipt of a call that nobody may serve: what is chosen and estimated is null. */
export function refusedReceipt(outline: RouteOutline) {
  return {
    ...outlineJson(outline),
    chosen: null,
    estimate: null,
    limits: [],
    adjustments: [],
    downgraded: null,
    fallback: null,
  }
}

/** What is decided whether a deployment may serve or not. */
export function outlineJson(outline: RouteOutline) {
  return {
    task: outline.task,
    rule: { ...outline.rule },
    rules: outline.trials.map((trial) => ({ ...trial })),
    candidates: outline.considered.map(candidateJson),
    requested_model: outline.requestedModel,
    deadline_ms: outline.deadlineMs,
  }
}

/** What is told of a deployment that was looked at; its figures last. */
export function candidateJson(one: Candidate | Skipped) {
  return {
    deployment: one.deployment.id,
    logical: one.logicalName,
    strategy: one.balance?.strategy.name ?? 'priority',
    taken: !isSkipped(one),
    reason: isSkipped(one) ? one.reason : one.role,
    detail: isSkipped(one) ? one.detail : `output capped at ${one.maxOutputTokens} tokens by ${one.cappedBy}`,
    estimated_cost_usd: one.worstCase === undefined ? null : usdNumber(one.worstCase),
    p95_ms: one.p95Ms,
  }
}

/** What is told of the choice, but for its figures and what seldom happens. */
export function choiceJson(
  { task, rule, requestedModel, deadlineMs }: Pick<Decision, 'task' | 'rule' | 'requestedModel' | 'deadlineMs'>,
  chosen: Deployment,
) {
  return {
    task,
    rule: { ...rule },
    requested_model: requestedModel,
    deadline_ms: deadlineMs,
    chosen: { deployment: chosen.id, model: chosen.model, provider: chosen.endpoint.provider },
    limits: [],
  }
}

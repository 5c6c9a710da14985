import { usdNumber } from '../canonical/money.ts'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import { type Decision, isSkipped } from './decision.ts'

/**
 * A decision as JSON, for `explain`, dry runs and traces. `limits` are rows on the limits the call would meet, from those who know them.
 */
export function receipt(decision: Decision, limits: readonly JsonValue[] = []): JsonObject {
  const { task, rule, estimate } = decision
  const chosen = decision.candidates[0].deployment
  return {
    task,
    rule: { ...rule },
    rules: decision.trials.map((trial) => ({ ...trial })),
    chosen: { deployment: chosen.id, model: chosen.model, provider: chosen.endpoint.provider },
    candidates: decision.considered.map((one) => ({
      deployment: one.deployment.id,
      logical: one.logicalName,
      taken: !isSkipped(one),
      reason: isSkipped(one) ? one.reason : one.role,
      detail: isSkipped(one) ? one.detail : `output capped at ${one.maxOutputTokens} tokens by ${one.cappedBy}`,
      estimated_cost_usd: isSkipped(one) ? null : usdNumber(one.worstCase),
      p95_ms: one.p95Ms,
    })),
    estimate: {
      input_tokens: estimate.inputTokens,
      output_tokens: estimate.outputTokens,
      cost_usd: usdNumber(estimate.cost),
    },
    limits: [...limits],
    requested_model: decision.requestedModel,
    deadline_ms: decision.deadlineMs,
    adjustments: decision.adjustments.map((one) => ({ ...one })),
    downgraded: decision.downgraded && { ...decision.downgraded },
  }
}

import type { Candidate, Decision } from './decision.ts'
import type { Pricing } from './policy-input.ts'

/**
 * The same decision with shorter answers, for when money is short: output caps that nobody asked for (`cappedBy: default`) shrink to
 * 4096 tokens (and the reasoning that was asked for), so that a call that will need a cent is not refused for the dollar that it could cost. Null when there is nothing to shrink.
 */
export function tighten(decision: Decision, pricing: Pricing): Decision | null {
  const { safeOutputTokens } = decision
  let shrunk = false
  const candidates = decision.candidates.map((candidate): Candidate => {
    if (candidate.cappedBy !== 'default' || candidate.maxOutputTokens <= safeOutputTokens) return candidate
    const { deployment, inputTokens } = candidate
    const size = { inputTokens, maxOutputTokens: safeOutputTokens * decision.answers }
    shrunk = true
    return {
      ...candidate,
      maxOutputTokens: safeOutputTokens,
      worstCase: pricing.bound(deployment, size) ?? candidate.worstCase,
    }
  })
  const [first, ...others] = candidates
  if (!shrunk || !first) return null
  const estimate = {
    ...decision.estimate,
    outputTokens: first.maxOutputTokens * decision.answers,
    cost: first.worstCase,
  }
  return { ...decision, candidates: [first, ...others], estimate }
}

import type { Candidate, Decision } from './decision.ts'
import type { Pricing } from './policy-input.ts'

/**
 * The same decision with shorter answers, for when money is short: output caps that nobody asked for (`cappedBy: default`) shrink to what `enough` says
 * for each candidate, in tokens (null leaves it alone), so that a call that will need a cent is not refused for the dollar that it could cost. Null when
 * there is nothing to shrink.
 */
export function tighten(
  decision: Decision,
  pricing: Pricing,
  enough: (candidate: Candidate) => number | null,
): Decision | null {
  let shrunk = false
  const candidates = decision.candidates.map((candidate): Candidate => {
    const tokens = candidate.cappedBy === 'default' ? enough(candidate) : null
    if (tokens === null || candidate.maxOutputTokens <= tokens) return candidate
    const { deployment, inputTokens } = candidate
    const size = { inputTokens, maxOutputTokens: tokens * decision.answers }
    shrunk = true
    return {
      ...candidate,
      maxOutputTokens: tokens,
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

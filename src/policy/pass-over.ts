import type { Deployment } from '../providers/deployment.ts'
import { type Candidate, type Decision, skippedFrom } from './decision.ts'
import type { SkipReason } from './skip-reasons.ts'

/** The same decision without its first candidate, and why; null when no other is left. */
export function passOverFirst(decision: Decision, reason: SkipReason, detail: string): Decision | null {
  const [{ deployment }, next] = decision.candidates
  return next ? passOver(decision, deployment, reason, detail) : null
}

/** The same decision with one candidate skipped, and why. The last one that is left stays: a decision is never empty. */
export function passOver(decision: Decision, deployment: Deployment, reason: SkipReason, detail: string): Decision {
  const passed = decision.candidates.find((one) => one.deployment === deployment)
  if (!passed) return decision
  const skipped = skippedFrom(passed, reason, detail)
  const considered = decision.considered.map((one) => (one.deployment === deployment ? skipped : one))
  const [next, ...others] = decision.candidates.filter((one) => one !== passed)
  const noted = { ...decision, skipped: [...decision.skipped, skipped], considered }
  if (!next) return noted
  return { ...noted, candidates: [next, ...others], estimate: estimateOf(next, decision.answers) }
}

function estimateOf({ inputTokens, maxOutputTokens, worstCase }: Candidate, answers: number): Decision['estimate'] {
  return { inputTokens, outputTokens: maxOutputTokens * answers, cost: worstCase }
}

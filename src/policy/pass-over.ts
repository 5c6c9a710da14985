import type { Candidate, Decision, SkipReason } from './decision.ts'

/** The same decision without its first candidate, and why; null when no other is left. */
export function passOverFirst(decision: Decision, reason: SkipReason, detail: string): Decision | null {
  const [passed, next, ...others] = decision.candidates
  if (!next) return null
  const { deployment, logicalName, role } = passed
  const skipped = { deployment, logicalName, role, reason, detail }
  return {
    ...decision,
    candidates: [next, ...others],
    skipped: [...decision.skipped, skipped],
    considered: decision.considered.map((one) => (one.deployment === deployment ? skipped : one)),
    estimate: estimateOf(next, decision.answers),
  }
}

function estimateOf({ inputTokens, maxOutputTokens, worstCase }: Candidate, answers: number): Decision['estimate'] {
  return { inputTokens, outputTokens: maxOutputTokens * answers, cost: worstCase }
}

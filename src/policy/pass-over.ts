import type { Deployment } from '../providers/deployment.ts'
import { type Decision, estimateOf, isSkipped, skippedFrom } from './decision.ts'
import { firstChoiceOf, withoutLesser } from './first-choice.ts'
import type { SkipReason } from './skip-reasons.ts'

/** The same decision without its first candidate, and why; null when no other is left that may serve in its place. */
export function passOverFirst(decision: Decision, reason: SkipReason, detail: string): Decision | null {
  const [{ deployment }, next] = decision.candidates
  if (!next) return null
  const passed = passOver(decision, deployment, reason, detail)
  // What is asked at a limit is a choice of its own.
  if (decision.downgraded) return passed
  const considered = decision.mayDowngrade ? passed.considered : withoutLesser(passed.considered)
  const skipped = considered.filter(isSkipped)
  const [first, ...others] = passed.candidates.filter(
    (one) => !skipped.some((other) => other.deployment === one.deployment),
  )
  if (!first) return null
  return {
    ...passed,
    candidates: [first, ...others],
    considered,
    skipped,
    firstChoice: firstChoiceOf(considered) ?? first,
    estimate: estimateOf(first, decision.answers),
  }
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

import { type Candidate, isSkipped, type Skipped, skippedFrom } from './decision.ts'

/**
 * Skips candidates that were slower lately than the task allows. Where all of them were, nobody is better than they are: then they stay, and the call has
 * its deadline all the same. What too little is known of may be fast.
 */
export function withinLatency(
  considered: readonly (Candidate | Skipped)[],
  ceilingMs: number | null,
): readonly (Candidate | Skipped)[] {
  if (ceilingMs === null) return considered
  const isSlow = (one: Candidate | Skipped): boolean => one.p95Ms !== null && one.p95Ms > ceilingMs
  const isThereFaster = considered.some((one) => !isSkipped(one) && !isSlow(one))
  if (!isThereFaster) return considered
  return considered.map((one) => (isSkipped(one) || !isSlow(one) ? one : tooSlow(one, ceilingMs)))
}

function tooSlow(candidate: Candidate, ceilingMs: number): Skipped {
  const detail = `one answer in twenty took longer than ${candidate.p95Ms} ms lately, and the task allows ${ceilingMs} ms`
  return skippedFrom(candidate, 'over_latency_ceiling', detail)
}

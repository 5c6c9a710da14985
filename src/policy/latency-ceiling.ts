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
  let anySlow = false
  let anyFaster = false
  for (const one of considered) {
    if (isSkipped(one)) continue
    if (isSlow(one, ceilingMs)) anySlow = true
    else anyFaster = true
  }
  if (!anySlow || !anyFaster) return considered
  return considered.map((one) => (isSkipped(one) || !isSlow(one, ceilingMs) ? one : tooSlow(one, ceilingMs)))
}

function isSlow({ p95Ms }: Candidate, ceilingMs: number): boolean {
  return p95Ms !== null && p95Ms > ceilingMs
}

function tooSlow(candidate: Candidate, ceilingMs: number): Skipped {
  const detail = `one answer in twenty took longer than ${candidate.p95Ms} ms lately, and the task allows ${ceilingMs} ms`
  return skippedFrom(candidate, 'over_latency_ceiling', detail)
}

import type { Finding } from './checks.ts'
import type { BenchFault } from './faults.ts'
import type { FaultSeen } from './seen.ts'

/**
 * `pass`: the caller got what it is owed and every rule was kept · `partial`: it got that, but a rule of good conduct was broken, or a refusal was
 * routed round · `safe`: it got a clean error in time, and every hard rule was kept · `fail`: it hung, got half an answer as a whole one, or a
 * hard rule was broken.
 */
export type Verdict = 'pass' | 'partial' | 'safe' | 'fail'

/** A fault with its verdict. */
export interface Judged {
  readonly fault: BenchFault
  readonly verdict: Verdict
  readonly because: string
  readonly findings: readonly Finding[]
  readonly seen: FaultSeen
}

/** Holds what was seen against the rules. */
export function judge(fault: BenchFault, seen: FaultSeen): Judged {
  const findings = fault.checks.map((check) => ({ rule: check.rule, advisory: check.advisory, ...check.look(seen) }))
  return { fault, findings, seen, ...verdictOf(fault, seen, findings) }
}

function verdictOf(
  { owed }: BenchFault,
  { call, whole }: FaultSeen,
  findings: readonly Finding[],
): Pick<Judged, 'verdict' | 'because'> {
  if (call.outcome === 'hang') return { verdict: 'fail', because: 'hangs' }
  const answered = call.outcome === 'success'
  if (owed === 'answer' && answered && !whole) return { verdict: 'fail', because: 'half an answer looks whole' }
  const broken = findings.filter(({ kept }) => !kept)
  const hard = broken.filter((finding) => !finding.advisory)
  if (hard.length > 0) return { verdict: 'fail', because: said(hard) }
  if (owed === 'error' && answered) return { verdict: 'partial', because: 'the refusal was routed round' }
  if (owed === 'answer' && !answered) return { verdict: 'safe', because: call.error ?? 'an error' }
  if (broken.length > 0) return { verdict: 'partial', because: said(broken) }
  return { verdict: 'pass', because: owed === 'answer' ? 'the whole answer' : (call.error ?? 'the error') }
}

function said(findings: readonly Finding[]): string {
  return findings.map(({ rule, seen }) => `${rule}: ${seen}`).join('; ')
}

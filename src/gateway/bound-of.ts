import type { Target } from '../execution/execute-ask.ts'
import type { Decision } from '../policy/decision.ts'
import { candidateOf } from '../policy/decision.ts'
import type { AttemptBound } from './usage-row.ts'

/** The most that an attempt on one target can use, as the decision computed it. */
export function boundOf(decision: Decision, target: Target): AttemptBound {
  const candidate = candidateOf(decision, target.deployment)
  if (!candidate) return { cost: 0n, inputTokens: 0, outputTokens: 0 }
  const { worstCase, inputTokens, maxOutputTokens } = candidate
  return { cost: worstCase, inputTokens, outputTokens: maxOutputTokens * decision.answers }
}

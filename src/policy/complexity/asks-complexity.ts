import type { CallFacts } from '../conditions.ts'
import type { CompiledTask } from '../policy.ts'

/**
 * Whether a call's way hangs on how hard it is. A rule that does not fit for another reason asks nothing, nor do the rules behind one that fits: so nobody
 * is asked in vain.
 */
export function asksComplexity({ rules }: CompiledTask, facts: CallFacts): boolean {
  for (const { conditions } of rules) {
    const fits = conditions.every((condition) => condition.attribute === 'complexity' || condition.holds(facts))
    if (fits) return conditions.some(({ attribute }) => attribute === 'complexity')
  }
  return false
}

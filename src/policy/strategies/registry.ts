import { cheapest } from './cheapest.ts'
import { fastest } from './fastest.ts'
import { leastBusy } from './least-busy.ts'
import { prefixAffinity } from './prefix-affinity.ts'
import type { Strategy, StrategyName } from './strategy.ts'
import { weighted } from './weighted.ts'

/** Every strategy by its name. */
export const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  weighted,
  cheapest,
  fastest,
  'least-busy': leastBusy,
  'prefix-affinity': prefixAffinity,
}

import { spread } from '../../lib/spread.ts'
import type { Strategy } from './strategy.ts'

/** Where the fewest calls of this instance run is first; equal ones share by chance. */
export const leastBusy: Strategy = {
  name: 'least-busy',
  order: (choices, { seed }) =>
    choices.toSorted(
      (one, other) => one.running - other.running || spread(`${seed} ${one.id}`) - spread(`${seed} ${other.id}`),
    ),
}

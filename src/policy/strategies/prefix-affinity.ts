import { spread } from '../../lib/spread.ts'
import type { Choice, Strategy } from './strategy.ts'

/** How much more than its even share a replica may have before calls go past it. */
const SLACK = 1.25

/**
 * Calls whose prompts begin the same go to the same replica, whose cache then has that beginning. Rendezvous hashing: a replica that comes or goes moves no
 * prefix but its own. With bounded load: one that has a quarter more running calls than its even share is passed over, so that a prefix that everybody uses
 * does not stand in line at one machine.
 */
export const prefixAffinity: Strategy = {
  name: 'prefix-affinity',
  order<One extends Choice>(choices: readonly One[], draw: { prefix(): string }) {
    const prefix = draw.prefix()
    const running = choices.reduce((sum, choice) => sum + choice.running, 0)
    const most = Math.ceil((SLACK * (running + 1)) / choices.length)
    const ranks = new Map(choices.map((choice) => [choice, spread(`${prefix} ${choice.id}`)]))
    return choices.toSorted(
      (one, other) =>
        Number(one.running >= most) - Number(other.running >= most) || (ranks.get(one) ?? 0) - (ranks.get(other) ?? 0),
    )
  },
}

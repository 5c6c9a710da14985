import type { Billionths } from '../../src/canonical/amounts.ts'
import { INSTANCE_SIDE, type InstanceSide } from './instance-side.ts'
import type { SmallWorld } from './small-world.ts'
import { CREDITED, CROWDED, ONE_FAULT, RESTLESS, SECOND, SHORT } from './worlds.ts'

/*
 * Mistakes that somebody could make on the side of an instance: in slices, holds, the queue, the settlement and recovery. Each is planted by itself.
 */

/** A mistake, and the world in which it must show. */
export interface PlantedInstanceBug {
  readonly name: string
  readonly world: SmallWorld
  readonly side: InstanceSide
}

const { fits, take, posted, shortOf, spentBy, postingsOf } = INSTANCE_SIDE

function bug(name: string, side: Partial<InstanceSide>, world: SmallWorld = SHORT): PlantedInstanceBug {
  return { name, world, side: { ...INSTANCE_SIDE, ...side } }
}

const NOTHING: readonly Billionths[] = []
const lessOne = (amount: Billionths): Billionths => (amount > 0n ? amount - 1n : 0n)

/** An amount of dollars as somebody has it who counts them in floating point: ten units are a dollar. */
function throughFloat(amount: Billionths): Billionths {
  return BigInt(Math.floor(Number(amount) / 10 / 0.1))
}

/** All planted bugs of instances. */
export const PLANTED_INSTANCE_BUGS: readonly PlantedInstanceBug[] = [
  bug('a hold is taken on one of its budgets only', { take: (slices, needs) => take(slices.slice(0, 1), needs) }),
  bug(
    'a hold looks at one of its budgets only',
    {
      fits: (slices, needs) => fits(slices.slice(1, 2), needs.slice(1, 2)),
    },
    CROWDED,
  ),
  bug(
    'a hold fits when one too little is free',
    { fits: (slices, needs) => fits(slices, needs.map(lessOne)) },
    CROWDED,
  ),
  bug('a hold is not taken at all', { take: () => undefined }),
  bug('a hold never ends', { posted: () => undefined }),
  bug('what a hold spent is free again', { posted: (slices, held) => posted(slices, held, NOTHING) }),
  bug('all that a hold held counts as spent', { posted: (slices, held) => posted(slices, held, held) }),
  bug('a hold ends when the cost is known, not when it is in the books', { freesEarly: true }, RESTLESS),
  bug('a hold is sent although others may have been given its money', { isBacked: () => true }),
  bug('an instance that was buried keeps its slices', { lentAfterBurial: (lent) => lent }, ONE_FAULT),
  bug('an attempt is sent before it is noted', { notes: false }),
  bug('what the dead left is booked before they are buried', { booksBeforeBurial: true }, ONE_FAULT),
  bug('a settlement forgets tokens', { spentBy: (rows) => ({ ...spentBy(rows), tokens: 0n }) }),
  bug('a settlement counts the hold, not the cost', {
    spentBy: (rows) => ({ ...spentBy(rows), usd: 2n }),
  }),
  bug(
    'money is counted in floating point',
    { spentBy: (rows) => ({ ...spentBy(rows), usd: throughFloat(spentBy(rows).usd) }) },
    CROWDED,
  ),
  bug('a settlement names the budgets of a unit once', {
    postingsOf: (windows, spent) => postingsOf(windows.slice(0, 2), spent),
  }),
  bug(
    'a call is refused though others were asked to give back',
    {
      shortOf: (slices, need, told) => {
        const short = shortOf(slices, need, told)
        return short && { ...short, hope: false, sure: true }
      },
    },
    CREDITED,
  ),
  bug(
    'what the store tells the first who waits is taken for all',
    {
      shortOf: (slices, need, told) => {
        const short = shortOf(slices, need, told)
        return short && !short.sure ? { ...short, hope: false } : short
      },
    },
    SECOND,
  ),
]

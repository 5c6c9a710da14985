import { CALLERS } from './callers.ts'
import { type BenchFault, FAULTS } from './faults.ts'
import { type Judged, judge } from './judge.ts'
import { play } from './play.ts'
import type { Profile } from './profile.ts'
import { type Delivery, startStand } from './stand.ts'

/** Who calls, and how answers are handed over: one column of a scorecard. */
export interface Column {
  readonly caller: keyof typeof CALLERS
  readonly delivery: Delivery
}

/** What came out of one column, in the order of the catalogue. */
export interface ColumnResult extends Column {
  readonly judged: readonly Judged[]
}

/** Plays one fault on a stand of its own. */
export async function playFault(fault: BenchFault, { caller, delivery }: Column, profile: Profile): Promise<Judged> {
  const stand = await startStand(fault, delivery, profile)
  try {
    return judge(fault, await play(fault, CALLERS[caller], stand, profile))
  } finally {
    await stand.stop()
  }
}

/** Plays the faults side by side: most of the time of each is waiting. */
export async function runColumn(
  column: Column,
  profile: Profile,
  onJudged: (judged: Judged) => void = () => undefined,
  faults: readonly BenchFault[] = FAULTS,
): Promise<ColumnResult> {
  const judged = await Promise.all(
    faults.map(async (fault) => {
      const one = await playFault(fault, column, profile)
      onJudged(one)
      return one
    }),
  )
  return { ...column, judged }
}

import type { Billionths } from '../../src/canonical/amounts.ts'
import { allFit, Hold } from '../../src/money/hold.ts'
import { loanFor, shortOf } from '../../src/money/loan.ts'
import type { Slice } from '../../src/money/slice.ts'
import { postingsOf, spentBy } from '../../src/storage/protocol/spent.ts'

const TIES = { monotonic: () => 0, freed: () => undefined }

/**
 * What an instance decides and reckons, as in production: slices and holds are put up from the model's state for one step, and read back after it. A
 * planted bug is another function in one of these places.
 */
export const INSTANCE_SIDE = {
  fits: (slices: readonly Slice[], needs: readonly Billionths[]): boolean => allFit(slices, needs),
  /** Takes a hold. */
  take: (slices: Slice[], needs: readonly Billionths[]): void => {
    new Hold(slices, [...needs], TIES)
  },
  /** A hold comes to its end: so much of it was spent for good. */
  posted: (slices: readonly Slice[], held: readonly Billionths[], spent: readonly Billionths[]): void => {
    for (const [index, slice] of slices.entries()) slice.posted(held[index] ?? 0n, spent[index] ?? 0n, 0)
  },
  loanFor,
  shortOf,
  spentBy,
  postingsOf,
  /** Whether what a call holds is still its own when it is about to be sent. */
  isBacked: (heldBy: string, id: string, trusted: boolean): boolean => trusted && heldBy === id,
  /** What is left of what an instance had when it joins again under another id. */
  lentAfterBurial: (_lent: Billionths): Billionths => 0n,
  /** Whether an attempt is noted before it is sent. */
  notes: true,
  /** Whether who finds a dispatch file books what is in it before the burial, as a step of its own. */
  booksBeforeBurial: false,
  /** Whether a hold ends when the cost is known, and not only when it is in the books. */
  freesEarly: false,
}

/** What an instance does. */
export type InstanceSide = typeof INSTANCE_SIDE

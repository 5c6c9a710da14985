/*
 * How sure one can be of a share, or a mean, that is looked at again and again.
 *
 * An interval of fixed confidence (Wilson's, in `interval.ts`) is right about one look. Who looks at each new answer and acts on the first good news gets many
 * chances to be wrong, and sooner or later takes one: that is what happens to whatever acts by itself. Here the chance is one for all looks together.
 *
 * Think of a gambler. Before each answer he stakes a part f of what he has on its being good, at odds that would be fair if the model were exactly at the bar b:
 * a good answer multiplies what he has by 1 + f(1-b)/b, a bad one by 1-f. If answers are good with a chance of b or less, whatever came before them, then on
 * average he gains nothing by any bet: what he has is a nonnegative supermartingale. Ville (1939) showed that such a gambler ever has 1/a times what he began
 * with with a chance of a at most. So whoever sees him get there, at any look, may say that the model is better than the bar, and is wrong in one of 1/a
 * cases, however often they looked and whenever they chose to stop.
 *
 * The best part f depends on how much better the model is, which nobody knows. So eight gamblers share the first stake, with parts from 0.7 down to 0.005, each half
 * of the one before; what they have together is a supermartingale too (Robbins' method of mixtures). Whether the model is worse than the bar is
 * asked in the same way, with bets on bad answers. All of this depends on two counts only, so nothing has to be kept between looks; but they must be of the *first* n
 * answers since a moment that was fixed before them. A window that slides along loses the promise.
 *
 * A score between good and bad (a share x of a good answer) counts as that share of each: by the concavity of the logarithm the gamblers then have no more than
 * with the fair bet on x itself, so the promise holds for the mean of any values from 0 to 1.
 *
 * H. Robbins, Statistical methods related to the law of the iterated logarithm, Ann. Math. Statist. 41 (1970). S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon,
 * Time-uniform, nonparametric, nonasymptotic confidence sequences, Ann. Statist. 49 (2021). I. Waudby-Smith, A. Ramdas, Estimating means of bounded random variables
 * by betting, J. R. Stat. Soc. B 86 (2024).
 */
import type { Cases } from './cases.ts'
import type { Interval } from './interval.ts'

const PARTS: readonly number[] = [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5].map((halvings) => 2 ** -halvings)
const BISECTIONS = 50

/** Whether the mean is above `bar` (above 0, below 1), at any look; wrong with a chance of `chance` at most, over all looks together. */
export function isAbove({ n, good }: Cases, bar: number, chance: number): boolean {
  return gain(good, n - good, bar) >= -Math.log(chance)
}

/** Whether the mean is below `bar`; otherwise as `isAbove`. */
export function isBelow({ n, good }: Cases, bar: number, chance: number): boolean {
  return gain(n - good, good, 1 - bar) >= -Math.log(chance)
}

/** Above and below which values the mean is not shown to lie. Each end is wrong at any look with a chance of `chance` at most. */
export function boundsAtEveryLook({ n, good }: Cases, chance: number): Interval {
  if (n <= 0) return { low: 0, high: 1 }
  const needed = -Math.log(chance)
  return { low: reach(good, n - good, needed), high: 1 - reach(n - good, good, needed) }
}

/** The natural logarithm of how many times their stake the gamblers have, after so many wins and losses at the odds of a chance of `bar`. */
function gain(wins: number, losses: number, bar: number): number {
  const each = PARTS.map((part) => wins * Math.log1p((part * (1 - bar)) / bar) + losses * Math.log1p(-part))
  const most = Math.max(...each)
  return most + Math.log(each.reduce((sum, one) => sum + Math.exp(one - most), 0) / PARTS.length)
}

/** The highest bar that is passed. The lower the bar, the more is gained. */
function reach(wins: number, losses: number, needed: number): number {
  let [low, high] = [0, wins / (wins + losses)]
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2
    if (middle > 0 && gain(wins, losses, middle) >= needed) low = middle
    else high = middle
  }
  return low
}

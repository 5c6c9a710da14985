/*
 * How sure one can be of a share that was seen: Wilson's score interval. It holds its word for shares near 0 and 1 and for few calls, where the
 * textbook's p ± z·√(p(1−p)/n) does not.
 */

/** Between which bounds a quantity lies, with some confidence. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Wilson's interval for a share `p` that was seen in `n` cases; `z` is how many standard deviations wide it is to each side. Also right, and rather too wide than too
 * narrow, for the mean of any values from 0 to 1: none vary more than yes and no do.
 */
export function wilson(p: number, n: number, z: number): Interval {
  if (n <= 0) return { low: 0, high: 1 }
  const square = z * z
  const middle = p + square / (2 * n)
  const reach = z * Math.sqrt((p * (1 - p)) / n + square / (4 * n * n))
  const whole = 1 + square / n
  return { low: Math.max(0, (middle - reach) / whole), high: Math.min(1, (middle + reach) / whole) }
}

/** How many standard deviations below which the given part of all cases lies: 1.645 for 0.95. `share` is above 0 and below 1. Acklam's approximation, to nine digits. */
export function normalQuantile(share: number): number {
  if (share < LOW_TAIL) return tail(Math.sqrt(-2 * Math.log(share)))
  if (share > 1 - LOW_TAIL) return -tail(Math.sqrt(-2 * Math.log(1 - share)))
  const q = share - 0.5
  const r = q * q
  return (polynomial(A, r) * q) / (polynomial(B, r) * r + 1)
}

const LOW_TAIL = 0.02425
const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
]
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572]
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
]
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]

function tail(q: number): number {
  return polynomial(C, q) / (polynomial(D, q) * q + 1)
}

/** By Horner's rule, the highest power first. */
function polynomial(factors: readonly number[], x: number): number {
  return factors.reduce((sum, factor) => sum * x + factor, 0)
}

import type { NanoUsd } from '../canonical/money.ts'

/** A markup is counted in so many parts of the cost. */
const PARTS = 1_000_000_000n

/** What a tenant is charged for what cost us so much: the cost and its markup (in billionths of it), rounded up once to a whole nano-USD. */
export function chargeOf(cost: NanoUsd, markup: bigint): NanoUsd {
  if (markup === 0n) return cost
  return (cost * (PARTS + markup) + PARTS - 1n) / PARTS
}

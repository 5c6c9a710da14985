/*
 * What budgets count. Amounts of every unit are bigints of billionths: nano-USD, and 10^9 for one token or one request. So all budgets
 * are kept in one kind of column, and whoever reads the tables sees dollars and whole tokens.
 */

/** What a budget counts. */
export type BudgetUnit = 'usd' | 'tokens' | 'requests'

/** An amount of some unit, in billionths of it. */
export type Billionths = bigint

/** What a call uses, in each unit that a budget may count. */
export interface Amounts {
  readonly usd: Billionths
  /** The whole prompt and the whole output, over all attempts. */
  readonly tokens: Billionths
  /** One for a call of which an attempt was sent. */
  readonly requests: Billionths
}

/** One whole unit: a dollar, a token, a request. */
export const ONE_UNIT: Billionths = 1_000_000_000n

/** A whole number of tokens or requests as an amount. */
export function wholeUnits(count: number): Billionths {
  return BigInt(Math.ceil(count)) * ONE_UNIT
}

/** Nothing of any unit. */
export const NO_AMOUNTS: Amounts = { usd: 0n, tokens: 0n, requests: 0n }

/** The sum of two amounts, unit by unit. */
export function plusAmounts(left: Amounts, right: Amounts): Amounts {
  return {
    usd: left.usd + right.usd,
    tokens: left.tokens + right.tokens,
    requests: left.requests + right.requests,
  }
}

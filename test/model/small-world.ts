import type { Amounts } from '../../src/canonical/amounts.ts'
import { usageRow } from '../../src/money/money.contract.ts'
import type { BudgetWindow, UsageRow } from '../../src/storage/contracts/ledger-store.ts'

/*
 * The smallest world in which everything about money can go wrong: two instances, three calls, a tenant's budget within the total one, and a quota of
 * tokens beside them. Amounts are a few units, so that every way things can happen is walked through in seconds.
 */

/** The budget windows, in the order of their keys. */
export const WINDOWS = ['tenant=acme/tokens/day', 'tenant=acme/usd/day', 'total/usd/month'] as const

/** A call of the small world. */
export interface SmallCall {
  /** On which instance. */
  readonly instance: 0 | 1
  /** The call in whose turn of the event loop it comes; missing: it comes by itself. */
  readonly comesWith?: number
  readonly holds: Amounts
  /** What it asks for in addition while it runs. */
  readonly more: Amounts | null
  /** What it costs, when it got all that it asked for. */
  readonly spends: Amounts
}

/** A world, and how much may go wrong in it. */
export interface SmallWorld {
  readonly name: string
  readonly calls: readonly SmallCall[]
  /** Of tokens, of the tenant, of all. */
  readonly limits: readonly [bigint, bigint, bigint]
  /** What an instance borrows beyond its need, to have it at hand. */
  readonly cushion: bigint
  /** Whether instances give back idle money at any time, or only when none of their calls is still to come. */
  readonly idle: 'any time' | 'at the end'
  /** Whether time may pass, so that answered recalls are forgotten. */
  readonly ages: boolean
  /** How many things may go wrong. */
  readonly faults: number
  /** What may go wrong: messages that are lost or late; or instances too, which crash or are taken for dead. */
  readonly trouble: 'messages' | 'instances too'
  /** How many operators' corrections may happen. */
  readonly credits: number
}

/** An amount of each unit. */
export function amounts(usd: number, tokens: number): Amounts {
  return { usd: BigInt(usd), tokens: BigInt(tokens) * TOKEN, requests: 0n }
}

/** A token in billionths, in which quotas count. */
export const TOKEN = 1_000_000_000n

/** The windows of a world. */
export function windowsOf({ limits }: SmallWorld): readonly BudgetWindow[] {
  return WINDOWS.map((key, index) => ({
    key,
    windowId: 'w',
    unit: key.includes('tokens') ? 'tokens' : 'usd',
    limit: (limits[index] ?? 0n) * (index === 0 ? TOKEN : 1n),
    endsAt: Number.MAX_SAFE_INTEGER,
  }))
}

/** The row of a call's only attempt. */
export function rowOf(call: number, spent: Amounts, status: UsageRow['status']): UsageRow {
  return usageRow(`c${call}`, spent.usd, { status, inputTokens: Number(spent.tokens / TOKEN), outputTokens: 0 })
}

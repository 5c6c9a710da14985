import {
  type Amounts,
  type BudgetUnit,
  NO_AMOUNTS,
  ONE_UNIT,
  plusAmounts,
  wholeUnits,
} from '../../src/canonical/amounts.ts'
import type { BudgetState, UsageRow } from '../../src/storage/contracts/ledger-store.ts'
import type { SimulatedProcess } from './virtual-time.ts'

/*
 * What really happened, noted from outside: by the provider, which knows what it was sent and what that cost, and by the caller, who knows which answers it
 * saw to the end. The books are held against this, not against anything they say themselves.
 */

/** One exchange that was taken. */
export interface TakenCall {
  readonly id: string
  /** Names of the budgets it is in, with the windows that its reserve may have been in: two within a moment of a window's end. */
  readonly budgets: ReadonlyMap<string, readonly string[]>
  readonly process: SimulatedProcess
  /** The id under which its process owned slices. */
  readonly heldBy: string
  held: Amounts
  /** Whether its process died, or was taken for dead, before the books had it. */
  orphaned: boolean
  /** Whether attempts that never left may be booked all the same: its process died when it could not say so any more. */
  voidsCount: boolean
  /** Whether the books have what it cost. */
  posted: boolean
  /** Whether the caller saw its end. */
  told: boolean
  /** When others can know at the latest that what it held has come free, ms of virtual time. */
  freeAtMs: number
}

/** One attempt that was noted, to be sent. */
export interface SentAttempt {
  readonly call: TakenCall
  /** The row that it becomes when nobody lives to settle it. */
  readonly bound: UsageRow
  /** Whether its bytes left. */
  readonly left: boolean
  /** What it cost; null until that is known. */
  real: UsageRow | null
}

/** The outside view of a simulation. */
export class Witness {
  readonly calls = new Map<string, TakenCall>()
  readonly attempts = new Map<string, SentAttempt>()
  /** The first thing that was wrong; null is good. */
  wrong: string | null = null
  /** By budget: how far beyond its limit calls have gone that cost more than they held, or whose end nobody saw. */
  readonly #excuses = new Map<string, bigint>()
  /** By budget: the highest limit so far. */
  readonly #limits = new Map<string, bigint>()

  /** Something is not as it must be. Only the first counts. */
  accuse(what: string): void {
    this.wrong ??= what
  }

  /** A budget has this limit now. */
  limit(key: string, limit: bigint): void {
    const known = this.#limits.get(key) ?? 0n
    this.#limits.set(key, limit > known ? limit : known)
  }

  /** The highest limit that a budget has had; 0 when nobody has named it. */
  limitOf(key: string): bigint {
    return this.#limits.get(key) ?? 0n
  }

  /** A call cost this: what is more than it held may go beyond limits. */
  excuseOverrun(call: TakenCall, spent: Amounts): void {
    this.#excuse(call, (unit) => (spent[unit] > call.held[unit] ? spent[unit] - call.held[unit] : 0n))
  }

  /** The owner of these calls died or was taken for dead: what was sent is booked at its bounds, and may go beyond limits. */
  orphan(isOrphan: (call: TakenCall) => boolean): void {
    for (const call of this.calls.values()) {
      if (call.posted || call.orphaned || !isOrphan(call)) continue
      call.orphaned = true
      this.#excuseBounds(call, () => true)
    }
  }

  /** A process died. What it had noted and not taken back will be booked, be it that its bytes never left. `fullDisk`: it may not have been able to. */
  died(process: SimulatedProcess, fullDisk: boolean): void {
    this.orphan((call) => call.process === process)
    for (const call of this.calls.values()) {
      if (call.process !== process || (call.told && !fullDisk)) continue
      call.voidsCount = true
      if (!call.orphaned) this.#excuseBounds(call, ({ left }) => !left)
    }
  }

  /** These were booked as presumed while their process lived: attempts of theirs that never left may be among them. */
  presumed(calls: ReadonlySet<TakenCall | undefined>): void {
    this.orphan((call) => calls.has(call))
    for (const call of calls) {
      if (!call || call.voidsCount) continue
      call.voidsCount = true
      this.#excuseBounds(call, ({ left }) => !left)
    }
  }

  #excuseBounds(call: TakenCall, counts: (sent: SentAttempt) => boolean): void {
    const sent = [...this.attempts.values()].filter((one) => one.call === call && counts(one))
    const bounds = sumAmounts(sent.map(boundOf))
    this.#excuse(call, (unit) => bounds[unit])
  }

  #excuse(call: TakenCall, amount: (unit: BudgetUnit) => bigint): void {
    for (const key of call.budgets.keys()) {
      this.#excuses.set(key, (this.#excuses.get(key) ?? 0n) + amount(unitOf(key)))
    }
  }

  /** Looks at the books after a change: nothing may have been lent or promised beyond a limit. */
  inspect(states: readonly BudgetState[]): void {
    for (const { key, windowId, posted, sliced } of states) {
      const most = (this.#limits.get(key) ?? 0n) + (this.#excuses.get(key) ?? 0n)
      if (sliced < 0n) this.accuse(`${key} ${windowId} has lent ${sliced}`)
      if (posted + sliced > most) this.accuse(`${key} ${windowId}: ${posted} posted and ${sliced} lent, limit ${most}`)
      const held = this.#leastHeld(key, windowId)
      if (posted + held > most) this.accuse(`${key} ${windowId}: ${posted} posted and ${held} held, limit ${most}`)
    }
  }

  /** The most that calls may hold of a window: until their process hears that they are in the books, and what they leave has arrived. */
  mostHeld(key: string, windowId: string, nowMs: number): bigint {
    const open = [...this.calls.values()].filter(({ freeAtMs }) => freeAtMs > nowMs)
    return this.#held(key, open, (windows) => windows.includes(windowId))
  }

  /** What binds a window for sure: holds of calls of which something was sent. */
  #leastHeld(key: string, windowId: string): bigint {
    const sent = new Set([...this.attempts.values()].map(({ call }) => call))
    const open = [...sent].filter(({ posted }) => !posted)
    return this.#held(key, open, (windows) => windows.length === 1 && windows[0] === windowId)
  }

  #held(key: string, calls: Iterable<TakenCall>, isIn: (windows: readonly string[]) => boolean): bigint {
    let held = 0n
    for (const call of calls) {
      const windows = call.budgets.get(key)
      if (windows && isIn(windows)) held += call.held[unitOf(key)]
    }
    return held
  }
}

function boundOf({ bound }: SentAttempt): Amounts {
  return { usd: bound.cost, tokens: wholeUnits(bound.inputTokens + bound.outputTokens), requests: ONE_UNIT }
}

/** The unit that a budget's key names. */
export function unitOf(key: string): BudgetUnit {
  return key.split('/')[1] as BudgetUnit
}

/** The sum of many amounts. */
export function sumAmounts(amounts: Iterable<Amounts>): Amounts {
  let sum = NO_AMOUNTS
  for (const one of amounts) sum = plusAmounts(sum, one)
  return sum
}

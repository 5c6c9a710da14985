/*
 * The ladder of a budget: what happens before it is used up. Operators are told, then calls go to a cheaper model, then they are refused (that is the
 * limit itself), and in the end a kill switch is turned on.
 *
 * It is looked at when money is held or settled, by what this instance knows of the window without asking: what was gone when the ledger was last asked,
 * and what it has spent and held itself. So it costs no query, and what other instances hold in advance counts as used. That is good enough to tell operators and
 * to choose a cheaper model. It is not good enough to switch calls off until the end of the month: there the step only says that it is time to look at the
 * books, and whoever takes it does.
 *
 * Holds come back, so for the kill only what is spent counts, not what is held. And because the last call that fits leaves a rest, a budget also counts as used
 * up when a call no larger than those that it paid for before would not fit even if all running calls gave everything back.
 */
import type { Billionths } from '../canonical/amounts.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { BudgetWindow } from '../storage/contracts/ledger-store.ts'

/** The steps of a budget, as shares of its limit. */
export interface Ladder {
  /** Where operators are told, ascending. */
  readonly alertAt: readonly number[]
  /** From where on calls go to a cheaper model; null is no such step. */
  readonly downgradeAt: number | null
  /** Which one; null leaves it to the call's task. */
  readonly downgradeTo: string | null
  /** Where a kill switch is turned on; null is no such step. */
  readonly killAt: number | null
}

/** A budget with a ladder, in its window. */
export interface LadderBudget {
  readonly window: BudgetWindow
  /** Who has the budget, to begin a sentence. */
  readonly subject: string
  readonly ladder: Ladder
}

/** What this instance knows of a window. */
export interface KnownSlice {
  /** Spent for good, and lent to others, when the ledger was last asked, and spent by this instance since; null before it was. */
  readonly spent: Billionths | null
  /** What calls of this instance hold. */
  readonly held: Billionths
}

/** A step that was reached. */
export interface LadderStep {
  readonly budget: LadderBudget
  /** `kill` says that it may be time: the ledger has the last word. */
  readonly kind: 'alert' | 'downgrade' | 'kill'
  readonly share: number
  /** Spent and held, as far as this instance knows; for `kill` what is spent. */
  readonly used: Billionths
  /** What a call needs that did not fit any more; 0 when the step was reached otherwise. */
  readonly needed: Billionths
}

interface Climb {
  /** How many of the alerts were given. */
  alerted: number
  pastDowngrade: boolean
  toldDowngrade: boolean
  killSaidAtMs: number
  /** The largest hold so far. */
  largest: Billionths
}

const REMEMBERED = 20_000
/** A kill that the ledger does not confirm is suggested again after so long. */
const KILL_AGAIN_MS = 1_000

/** Watches windows whose budgets have ladders. */
export class LadderWatch {
  readonly #climbs = new LruMap<string, Climb>(REMEMBERED)
  readonly #monotonic: () => number
  readonly #onStep: (step: LadderStep) => void
  #anyDowngraded = false

  /** `onStep` must not throw. */
  constructor(clock: { monotonic(): number }, onStep: (step: LadderStep) => void) {
    this.#monotonic = () => clock.monotonic()
    this.#onStep = onStep
  }

  /** Whether any window has ever been past its downgrade: until then nobody need ask. */
  get anyDowngraded(): boolean {
    return this.#anyDowngraded
  }

  /** Whether calls in this budget are to go to a cheaper model now. */
  isDowngraded({ window }: LadderBudget): boolean {
    return this.#climbs.get(nameOf(window))?.pastDowngrade ?? false
  }

  /** An amount was held. */
  held(budget: LadderBudget, slice: KnownSlice, amount: Billionths): void {
    const climb = this.#climbOf(budget)
    if (amount > climb.largest) climb.largest = amount
    this.#look(budget, slice, climb)
  }

  /** A hold was posted. */
  settled(budget: LadderBudget, slice: KnownSlice): void {
    this.#look(budget, slice, this.#climbOf(budget))
  }

  /** A call was refused: what it needed did not fit. */
  refused(budget: LadderBudget, slice: KnownSlice, needed: Billionths): void {
    const climb = this.#climbOf(budget)
    this.#look(budget, slice, climb)
    const { limit } = budget.window
    const { spent } = slice
    if (spent === null || needed > climb.largest || spent + needed <= limit) return
    this.#alert(budget, climb, limit)
    if (budget.ladder.killAt !== null) this.#kill(budget, climb, spent, needed)
  }

  #look(budget: LadderBudget, slice: KnownSlice, climb: Climb): void {
    const { window, ladder } = budget
    const { spent, held } = slice
    if (spent === null) return
    const used = spent + held
    this.#alert(budget, climb, used)
    if (ladder.downgradeAt !== null) {
      climb.pastDowngrade = used >= shareOf(window.limit, ladder.downgradeAt)
      if (climb.pastDowngrade) this.#anyDowngraded = true
      if (climb.pastDowngrade && !climb.toldDowngrade) {
        climb.toldDowngrade = true
        this.#onStep({ budget, kind: 'downgrade', share: ladder.downgradeAt, used, needed: 0n })
      }
    }
    if (ladder.killAt === null) return
    if (spent >= shareOf(window.limit, ladder.killAt)) this.#kill(budget, climb, spent, 0n)
  }

  /** Of several thresholds that were passed at once the last one is told of. */
  #alert(budget: LadderBudget, climb: Climb, used: Billionths): void {
    const { alertAt } = budget.ladder
    let passed: number | null = null
    for (let share = alertAt[climb.alerted]; share !== undefined; share = alertAt[climb.alerted]) {
      if (used < shareOf(budget.window.limit, share)) break
      passed = share
      climb.alerted += 1
    }
    if (passed !== null) this.#onStep({ budget, kind: 'alert', share: passed, used, needed: 0n })
  }

  #kill(budget: LadderBudget, climb: Climb, used: Billionths, needed: Billionths): void {
    const now = this.#monotonic()
    if (now - climb.killSaidAtMs < KILL_AGAIN_MS) return
    climb.killSaidAtMs = now
    this.#onStep({ budget, kind: 'kill', share: budget.ladder.killAt ?? 1, used, needed })
  }

  #climbOf({ window }: LadderBudget): Climb {
    const name = nameOf(window)
    let climb = this.#climbs.get(name)
    if (!climb) {
      climb = {
        alerted: 0,
        pastDowngrade: false,
        toldDowngrade: false,
        killSaidAtMs: Number.NEGATIVE_INFINITY,
        largest: 0n,
      }
      this.#climbs.set(name, climb)
    }
    return climb
  }
}

const MILLIONTHS = 1_000_000

/** A share of a limit, rounded up. */
export function shareOf(limit: Billionths, share: number): Billionths {
  const parts = limit * BigInt(Math.round(share * MILLIONTHS))
  return (parts + BigInt(MILLIONTHS) - 1n) / BigInt(MILLIONTHS)
}

function nameOf({ key, windowId }: BudgetWindow): string {
  return `${key}\n${windowId}`
}

import type { Clock } from '../../lib/clock.ts'
import { LruMap } from '../../lib/lru-map.ts'
import type {
  KnownValues,
  LimitAsk,
  LimitLook,
  LimitStore,
  LimitUse,
  LimitVerdict,
  RateRule,
  RateStanding,
  RateTake,
  Slot,
  SlotRule,
  SlotStanding,
} from '../contracts/limit-store.ts'
import { charged, debtAt, fits, PAID, type RateState, rateUse, standingAfter, standingOf } from '../protocol/gcra.ts'
import { SlotPool, slotUse } from '../protocol/slot-pool.ts'
import { Busiest } from './busiest.ts'

/** What the memory store is made with. */
export interface MemoryLimitsOptions {
  readonly clock: Clock
  /**
   * How many values each rule remembers; default 50,000. The one that was not used for longest is forgotten first and begins with a
   * full limit again. Rules have their own memory, so that a flood of values in one forgets nothing in another.
   */
  readonly valuesPerRule?: number
}

/** The memory store: every answer is there at once. */
export interface MemoryLimits extends LimitStore, KnownValues {
  take(ask: LimitAsk): LimitVerdict
  peek(looks: readonly LimitLook[]): readonly LimitUse[]
  /** Places taken, over all rules. */
  slotsHeld(): number
  /** Values remembered, over all rules. */
  size(): number
}

const VALUES_PER_RULE = 50_000

/** What there is of the rates and of the places that a call asks for, in their order. */
interface Found {
  readonly states: readonly (Mutable<RateState> | undefined)[]
  readonly poolsOf: readonly SlotPool[]
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] }

/** Counts that last as long as the process. */
export function createMemoryLimits({ clock, valuesPerRule = VALUES_PER_RULE }: MemoryLimitsOptions): MemoryLimits {
  const rates = new Map<string, LruMap<string, Mutable<RateState>>>()
  const pools = new Map<string, Map<string, SlotPool>>()

  function ratesOf(rule: RateRule): LruMap<string, Mutable<RateState>> {
    const known = rates.get(rule.id)
    if (known) return known
    const made = new LruMap<string, Mutable<RateState>>(valuesPerRule)
    rates.set(rule.id, made)
    return made
  }

  function poolOf({ rule, value }: Slot): SlotPool {
    let ofRule = pools.get(rule.id)
    if (!ofRule) {
      ofRule = new Map()
      pools.set(rule.id, ofRule)
    }
    let pool = ofRule.get(value)
    if (!pool) {
      pool = new SlotPool()
      ofRule.set(value, pool)
    }
    return pool
  }

  /** A pool of which there is nothing to remember is forgotten. */
  function tidy({ rule, value }: Slot, pool: SlotPool | undefined): void {
    if (pool?.empty) pools.get(rule.id)?.delete(value)
  }

  const nowMs = () => Math.floor(clock.monotonic())

  function stateOf({ rule, value }: RateTake): Mutable<RateState> | undefined {
    return rates.get(rule.id)?.get(value)
  }

  /** Writes a debt over what was known; who comes again and again is not looked up once more for that. */
  function write({ rule, value }: RateTake, known: Mutable<RateState> | undefined, debt: number, now: number): void {
    if (debt <= 0 || rule.limit <= 0) {
      if (known) ratesOf(rule).delete(value)
    } else if (known) {
      known.debt = debt
      known.atMs = now
    } else ratesOf(rule).set(value, { debt, atMs: now })
  }

  function admit({ rates: takes, slots }: LimitAsk, { states, poolsOf }: Found, now: number): LimitVerdict {
    const standings = takes.map((take, index): RateStanding => {
      const state = states[index]
      const debt = charged(debtAt(state ?? PAID, take.rule, now), take.rule, take.amount)
      write(take, state, debt, now)
      return standingAfter(debt, take.rule)
    })
    const places = poolsOf.map((pool, index): SlotStanding => {
      const slot = slots[index]
      if (slot) pool.take(slot)
      return { held: pool.size, refused: false }
    })
    return { admitted: true, rates: standings, slots: places, wanting: false }
  }

  function refuse(
    { rates: takes, slots, patience, wantMs }: LimitAsk,
    { states, poolsOf }: Found,
    now: number,
  ): LimitVerdict {
    const standings = takes.map(({ rule, amount }, index) =>
      standingOf(debtAt(states[index] ?? PAID, rule, now), rule, amount),
    )
    const answers = slots.map((slot, index) => poolsOf[index]?.ask(slot, slot.rule.limit, now) ?? 'free')
    const hasRoom = standings.every(({ waitMs }) => waitMs === 0)
    const mayWait = hasRoom && answers.every((answer) => patience === 'any' || answer !== 'full')
    let wanting = mayWait && patience !== 'none'
    const places = poolsOf.map((pool, index): SlotStanding => {
      const slot = slots[index]
      const answer = answers[index] ?? 'free'
      if (slot && wanting && answer !== 'free') {
        wanting = pool.want(slot, { answer, limit: slot.rule.limit, patience }, { nowMs: now, wantMs })
      }
      return { held: pool.size, refused: answer !== 'free' }
    })
    for (const [index, slot] of slots.entries()) tidy(slot, poolsOf[index])
    return { admitted: false, rates: standings, slots: places, wanting }
  }

  function isFree({ rates: takes, slots }: LimitAsk, { states, poolsOf }: Found, now: number): boolean {
    let index = 0
    for (const { rule, amount } of takes) {
      if (!fits(debtAt(states[index++] ?? PAID, rule, now), rule, amount)) return false
    }
    index = 0
    for (const slot of slots) if (poolsOf[index++]?.ask(slot, slot.rule.limit, now) !== 'free') return false
    return true
  }

  return {
    take(ask) {
      const now = nowMs()
      const found: Found = { states: ask.rates.map(stateOf), poolsOf: ask.slots.map(poolOf) }
      return isFree(ask, found, now) ? admit(ask, found, now) : refuse(ask, found, now)
    },
    correct(changes) {
      const now = nowMs()
      for (const change of changes) {
        const state = stateOf(change)
        const debt = debtAt(state ?? PAID, change.rule, now)
        write(change, state, charged(debt, change.rule, change.amount, change.most), now)
      }
    },
    hold(slots) {
      for (const slot of slots) poolOf(slot).take(slot)
    },
    release(slots) {
      for (const slot of slots) {
        const pool = pools.get(slot.rule.id)?.get(slot.value)
        if (!pool) continue
        pool.release(slot.lease)
        tidy(slot, pool)
      }
    },
    peek(looks) {
      const now = nowMs()
      return looks.map(({ rule, value }) => {
        if (!isRate(rule)) return slotUse(pools.get(rule.id)?.get(value)?.size ?? 0, rule)
        return rateUse(debtAt(rates.get(rule.id)?.peek(value) ?? PAID, rule, now), rule)
      })
    },
    busiest(rule, most) {
      const now = nowMs()
      const found = new Busiest(most)
      if (isRate(rule)) {
        for (const [value, state] of rates.get(rule.id)?.entries() ?? []) found.meet(value, debtAt(state, rule, now))
      } else {
        for (const [value, pool] of pools.get(rule.id) ?? []) found.meet(value, pool.size)
      }
      return found.values()
    },
    slotsHeld() {
      let held = 0
      for (const ofRule of pools.values()) for (const pool of ofRule.values()) held += pool.size
      return held
    },
    size() {
      let size = 0
      for (const ofRule of rates.values()) size += ofRule.size
      return size
    },
  }
}

function isRate(rule: RateRule | SlotRule): rule is RateRule {
  return 'windowMs' in rule
}

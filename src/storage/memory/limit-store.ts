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
import { charged, debtAt, PAID, type RateState, rateUse, standingOf } from '../protocol/gcra.ts'
import { type SlotAnswer, SlotPool, slotUse } from '../protocol/slot-pool.ts'
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

/** Counts that last as long as the process. */
export function createMemoryLimits({ clock, valuesPerRule = VALUES_PER_RULE }: MemoryLimitsOptions): MemoryLimits {
  const rates = new Map<string, LruMap<string, RateState>>()
  const pools = new Map<string, Map<string, SlotPool>>()

  function ratesOf(rule: RateRule): LruMap<string, RateState> {
    const known = rates.get(rule.id)
    if (known) return known
    const made = new LruMap<string, RateState>(valuesPerRule)
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

  function tidy({ rule, value }: Slot): void {
    const ofRule = pools.get(rule.id)
    if (!ofRule?.get(value)?.empty) return
    ofRule.delete(value)
    if (ofRule.size === 0) pools.delete(rule.id)
  }

  const nowMs = () => Math.floor(clock.monotonic())

  function debtOf({ rule, value }: RateTake, now: number): number {
    return debtAt(ratesOf(rule).get(value) ?? PAID, rule, now)
  }

  function write({ rule, value }: RateTake, debt: number, now: number): void {
    const ofRule = ratesOf(rule)
    if (debt > 0 && rule.limit > 0) ofRule.set(value, { debt, atMs: now })
    else ofRule.delete(value)
  }

  function admit(
    { rates: takes, slots }: LimitAsk,
    debts: readonly number[],
    poolsOf: readonly SlotPool[],
    now: number,
  ): LimitVerdict {
    const standings = takes.map((take, index): RateStanding => {
      const debt = charged(debts[index] ?? 0, take.rule, take.amount)
      write(take, debt, now)
      const { remaining, resetMs } = standingOf(debt, take.rule, 0)
      return { remaining, resetMs, waitMs: 0 }
    })
    const places = poolsOf.map((pool, index): SlotStanding => {
      const slot = slots[index]
      if (slot) pool.take(slot)
      return { held: pool.size, refused: false }
    })
    return { admitted: true, rates: standings, slots: places, wanting: false }
  }

  function refuse(
    { slots, patience, wantMs }: LimitAsk,
    standings: readonly RateStanding[],
    answers: readonly SlotAnswer[],
    now: number,
  ): LimitVerdict {
    const fits = standings.every(({ waitMs }) => waitMs === 0)
    const mayWait = fits && answers.every((answer) => patience === 'any' || answer !== 'full')
    let wanting = mayWait && patience !== 'none'
    const places = slots.map((slot, index): SlotStanding => {
      const pool = poolOf(slot)
      const answer = answers[index] ?? 'free'
      if (wanting && answer !== 'free') {
        wanting = pool.want(slot, { answer, limit: slot.rule.limit, patience }, { nowMs: now, wantMs })
      }
      return { held: pool.size, refused: answer !== 'free' }
    })
    for (const slot of slots) tidy(slot)
    return { admitted: false, rates: standings, slots: places, wanting }
  }

  return {
    take(ask) {
      const now = nowMs()
      const debts = ask.rates.map((take) => debtOf(take, now))
      const standings = ask.rates.map((take, index) => standingOf(debts[index] ?? 0, take.rule, take.amount))
      const poolsOf = ask.slots.map(poolOf)
      const answers = ask.slots.map((slot, index) => poolsOf[index]?.ask(slot, slot.rule.limit, now) ?? 'free')
      const free = standings.every(({ waitMs }) => waitMs === 0) && answers.every((answer) => answer === 'free')
      return free ? admit(ask, debts, poolsOf, now) : refuse(ask, standings, answers, now)
    },
    correct(changes) {
      const now = nowMs()
      for (const change of changes) {
        write(change, charged(debtOf(change, now), change.rule, change.amount, change.most), now)
      }
    },
    hold(slots) {
      for (const slot of slots) poolOf(slot).take(slot)
    },
    release(slots) {
      for (const slot of slots) {
        poolOf(slot).release(slot.lease)
        tidy(slot)
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

import { type Billionths, type BudgetUnit, ONE_UNIT } from '../../src/canonical/amounts.ts'
import type { BudgetPolicy } from '../../src/money/budget-source.ts'
import { CENT, TestBudgets } from '../../src/money/money.contract.ts'
import type { WindowKind } from '../../src/money/window.ts'
import { type ShownDates, shownDates } from '../windows/shown-dates.ts'
import { type Call, type Scenario, ZONES } from './scenario.ts'

/** A budget of a scenario, and how its key is spelled for a user. */
interface Named {
  readonly per: BudgetPolicy['per']
  readonly unit: BudgetUnit
  readonly window: WindowKind
  readonly limit: (limits: Scenario['limits']) => Billionths | null
  readonly key: (user: string) => string
}

const cents = (count: number | null): Billionths | null => (count === null ? null : BigInt(count) * CENT)
const whole = (count: number | null): Billionths | null => (count === null ? null : BigInt(count) * ONE_UNIT)

const ALL: readonly Named[] = [
  {
    per: 'tenant',
    unit: 'usd',
    window: 'day',
    limit: (limits) => cents(limits.tenantDayCents),
    key: () => 'tenant=acme/usd/day',
  },
  {
    per: 'user',
    unit: 'usd',
    window: 'day',
    limit: (limits) => cents(limits.userDayCents),
    key: (user) => `tenant=acme,user=${user}/usd/day`,
  },
  {
    per: 'total',
    unit: 'usd',
    window: 'month',
    limit: (limits) => cents(limits.totalMonthCents),
    key: () => 'total/usd/month',
  },
  {
    per: 'tenant',
    unit: 'tokens',
    window: 'day',
    limit: (limits) => whole(limits.tenantDayTokens),
    key: () => 'tenant=acme/tokens/day',
  },
  {
    per: 'user',
    unit: 'requests',
    window: 'hour',
    limit: (limits) => whole(limits.userHourCalls),
    key: (user) => `tenant=acme,user=${user}/requests/hour`,
  },
]

/** To make one takes longer than a simulated day. */
const DATES = new Map<string, ShownDates>(ZONES.map((zone) => [zone, shownDates(zone)]))

/** The names of the users of a scenario. */
export const USERS = ['u0', 'u1'] as const

/** The budgets of a scenario, which a test may change, and what they ought to be called. */
export class ScenarioBudgets {
  /** What the money room asks. */
  readonly source = new TestBudgets()
  readonly #scenario: Scenario

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.source.limits = { ...this.source.limits, timezone: scenario.zone }
    this.setLimits(100)
  }

  /** Puts all limits at so many percent of the scenario's. Gives them by key. */
  setLimits(percent: number): ReadonlyMap<string, Billionths> {
    const scaled = (limit: Billionths): Billionths => (limit * BigInt(percent)) / 100n
    const policies: BudgetPolicy[] = []
    const byKey = new Map<string, Billionths>()
    for (const { per, unit, window, limit, key } of ALL) {
      const full = limit(this.#scenario.limits)
      if (full === null) continue
      policies.push({ per, unit, window, limit: scaled(full), match: [] })
      for (const user of USERS) byKey.set(key(user), scaled(full))
    }
    this.source.list = policies
    return byKey
  }

  /** The budgets that a call is in, with the windows of every instant between two. */
  windowsOf(call: Call, fromMs: number, toMs: number): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, readonly string[]>()
    for (const { window, limit, key, per } of ALL) {
      if (limit(this.#scenario.limits) === null) continue
      const zone = per === 'total' ? 'UTC' : this.#scenario.zone
      const ids = [fromMs, toMs].map((atMs) => idOf(window, atMs, zone))
      found.set(key(USERS[call.user]), [...new Set(ids)])
    }
    return found
  }
}

/** The name of a window, spelled from the date that clocks show. */
function idOf(window: WindowKind, atMs: number, zone: string): string {
  if (window === 'hour') return `hour:${new Date(atMs).toISOString().slice(0, 13)}Z`
  const date = DATES.get(zone)?.at(atMs) ?? ''
  return window === 'day' ? `day:${date}` : `month:${date.slice(0, 7)}`
}

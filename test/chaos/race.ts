import { setTimeout as sleep } from 'node:timers/promises'
import { nanoUsdFrom } from '../../src/canonical/money.ts'
import { readBudgetKey } from '../../src/money/budget-key.ts'
import { type MadeCall, makeCall, type PlannedCall } from './call.ts'
import type { Chance } from './chance.ts'
import { eventually } from './eventually.ts'
import { withoutRow, wrongRows } from './examine.ts'
import { rowsOf } from './ledger-view.ts'
import { ANSWER_TOKENS, CALL_COST, featureFor, RACE_PRICES } from './race-scene.ts'
import { upstreamCalls } from './scene.ts'
import type { Stand } from './stand.ts'

/*
 * One race: many callers at all gateways at once, for the money of few calls. It goes on until the money is gone, or until nothing was served for so long that
 * money must be stranded.
 */

/** What is raced for. */
export interface RacePlan {
  readonly number: number
  /** There is money for so many good calls. */
  readonly affordable: number
  /** Whether providers fail and callers leave. */
  readonly faults: boolean
  readonly callers: number
}

/** What came of a race. */
export interface Race extends RacePlan {
  readonly made: readonly MadeCall[]
  /** Calls that were answered whole and paid for. */
  readonly served: number
  /** What is left of the money in the end, in nano-USD. */
  readonly left: bigint
  /** The most that was spent and lent at any moment, in nano-USD beyond the limit. */
  readonly beyond: bigint
  /** The longest time between two calls that were not refused, in ms: what it took to get at money that somebody else had. */
  readonly longestWaitMs: number
  readonly problems: readonly string[]
}

/** Money that is there must be spendable within this time. */
const STRANDED_MS = 10_000
/** A refusal takes less; who is older than that holds money, on a machine that is slow. */
const REFUSED_BY_MS = 5_000
/** Longer than any call may take. */
const PATIENCE_MS = 60_000
/** A caller who was refused comes again. */
const REFUSED_PAUSE_MS = [100, 250] as const
const LEAVERS = 0.08

/** Runs a race to its end and judges it. */
export async function runRace(plan: RacePlan, { wall, gateways, database, key }: Stand, chance: Chance): Promise<Race> {
  const tenant = `race${plan.number}`
  const limit = BigInt(plan.affordable) * CALL_COST
  const made: MadeCall[] = []
  let begun = 0
  let over = false
  let movedAt = performance.now()
  const running = new Set<{ readonly beganAt: number }>()
  let longestWaitMs = 0
  wall.clear()

  async function callAgainAndAgain(): Promise<void> {
    while (!over) {
      begun += 1
      const call = callOf(plan, tenant, begun, chance)
      const one = { beganAt: performance.now() }
      running.add(one)
      const result = await makeCall(chance.pick(gateways).url() ?? '', key, call)
      running.delete(one)
      made.push(result)
      if (result.code === 'budget_exceeded') await sleep(chance.between(...REFUSED_PAUSE_MS))
      else {
        longestWaitMs = Math.max(longestWaitMs, performance.now() - movedAt)
        movedAt = performance.now()
      }
    }
  }

  const isStranded = (now: number): boolean =>
    now - movedAt > STRANDED_MS && [...running].every(({ beganAt }) => now - beganAt < REFUSED_BY_MS)

  async function watch(): Promise<void> {
    while (!over) {
      const { posted } = await readMoney()
      if (posted + CALL_COST > limit || isStranded(performance.now())) over = true
      else await sleep(20)
    }
  }

  async function readMoney(): Promise<{ readonly posted: bigint; readonly beyond: bigint }> {
    const [rows = []] = await database.ask({
      text: `select key, posted_amount, posted_amount + sliced_amount - limit_amount as beyond from budgets where key like $1`,
      values: [`tenant=${tenant},%`],
    })
    let [posted, beyond] = [0n, -limit]
    for (const row of rows) {
      if (readBudgetKey(String(row.key))?.scope.user !== tenant) continue
      posted += nanoUsdFrom(String(row.posted_amount))
      const now = nanoUsdFrom(String(row.beyond))
      if (now > beyond) beyond = now
    }
    return { posted, beyond }
  }

  await Promise.all([watch(), ...Array.from({ length: plan.callers }, callAgainAndAgain)])
  const upstream = upstreamCalls(wall)
  await eventually(async () => withoutRow({ upstream, rows: await rowsOf(database, tenant) }).length === 0)
  const rows = await rowsOf(database, tenant)
  const { posted, beyond } = await readMoney()
  const served = rows.filter(({ status }) => status === 'completed').length
  const race = { ...plan, made, served, left: limit - posted, beyond, longestWaitMs }
  return { ...race, problems: [...wrongRows({ made, upstream, rows }, RACE_PRICES), ...wrongEnd(race)] }
}

function callOf({ number, affordable, faults }: RacePlan, tenant: string, index: number, chance: Chance): PlannedCall {
  const dialect = chance.pick(['openai', 'anthropic'] as const)
  return {
    name: `tr_r${number}-${index}`,
    tenant,
    user: tenant,
    feature: featureFor(affordable),
    dialect,
    model: dialect === 'openai' ? 'first' : 'second',
    stream: chance.happens(0.5),
    maxTokens: ANSWER_TOKENS,
    leavesAfterMs: faults && chance.happens(LEAVERS) ? chance.between(5, 120) : PATIENCE_MS,
  }
}

/** What is wrong with how a race ended; empty when every call that could be paid was served, and none that could not. */
function wrongEnd({ affordable, faults, served, left, beyond, made }: Omit<Race, 'problems'>): string[] {
  const problems: string[] = []
  if (left < 0n) problems.push(`${-left} nano-USD more were spent than there were`)
  if (beyond > 0n) problems.push(`${beyond} nano-USD more were spent and lent than there were`)
  if (left >= CALL_COST) problems.push(`money for ${left / CALL_COST} of ${affordable} calls was never spent`)
  if (faults) return problems
  const seen = made.filter((call) => call.seen === 'whole').length
  if (served !== affordable) problems.push(`${served} of ${affordable} affordable calls were served`)
  if (seen !== affordable) problems.push(`${seen} callers saw the end of an answer that ${affordable} could have`)
  return problems
}

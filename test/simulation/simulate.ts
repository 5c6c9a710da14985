import { type Amounts, ONE_UNIT, wholeUnits } from '../../src/canonical/amounts.ts'
import type { BudgetState, LedgerAdjustment, UsageRow } from '../../src/storage/contracts/ledger-store.ts'
import { BUSY_MS, type Scenario } from './scenario.ts'
import { type SentAttempt, type TakenCall, unitOf } from './witness.ts'
import { World, type WorldOptions } from './world.ts'

/** When the weather turns fine: all calls have begun, all faults have struck. */
const CALM_AT_MS = BUSY_MS + 4_000
/** Enough for every settlement that waits, and for whoever was silent to be buried. */
const QUIET_MS = 12_000
/** Enough to close. */
const CLOSE_MS = 6_000
/** Enough for the next process to find what the last one left. */
const SUCCESSOR_MS = 12_000

/**
 * Plays a scenario to its end. Gives what was wrong, or null. The end: the weather turns fine, all gateways close, and successors on the same machines
 * find whatever was left. Then nothing may be held any more, and the books must equal what the witness saw. `fair` says that no call may be refused while
 * its budgets have the money; that can be asked of scenarios in which nothing fails.
 */
export async function simulate(
  scenario: Scenario,
  { fair = false, trace = () => undefined }: Partial<WorldOptions> = {},
): Promise<string | null> {
  const world = new World(scenario, { fair, trace })
  const restore = world.time.install()
  try {
    await world.time.runUntil(CALM_AT_MS)
    world.calmDown()
    await world.time.runUntil(CALM_AT_MS + QUIET_MS)
    for (const process of world.serving) process.close()
    await world.time.runUntil(CALM_AT_MS + QUIET_MS + CLOSE_MS)
    const successors = world.machines.map((_, slot) => world.start(slot))
    await world.time.runUntil(CALM_AT_MS + QUIET_MS + CLOSE_MS + SUCCESSOR_MS)
    for (const process of successors) process.close()
    await world.time.runUntil(CALM_AT_MS + QUIET_MS + 2 * CLOSE_MS + SUCCESSOR_MS)
    trace(() => `at the end: ${world.witness.wrong}`)
    return world.witness.wrong ?? (await firstFault(world))
  } finally {
    restore()
  }
}

/** What is wrong with the books at the end, or null. */
async function firstFault(world: World): Promise<string | null> {
  const { witness } = world
  const rows = await world.rows()
  const states = await world.states()
  const adjustments = await world.adjustments()
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const state of states) if (state.sliced !== 0n) return `${state.key} has still lent ${state.sliced}`
  for (const { disk, name } of world.machines) if (disk.size > 0) return `${disk.size} dispatch files stay on ${name}`
  for (const row of rows) {
    if (row.attempt > 0 && !witness.attempts.has(row.id)) return `${row.id} has a row and was never sent`
  }
  for (const [id, sent] of witness.attempts) {
    const fault = faultOf(byId.get(id), sent, adjustments)
    if (fault) return `${id} ${fault}`
  }
  for (const state of states) {
    const fault = windowFault(state, witness.attempts, rows, adjustments)
    if (fault) return `${state.key} ${state.windowId} ${fault}`
  }
  return null
}

/** What is wrong with the row of an attempt. */
function faultOf(
  row: UsageRow | undefined,
  { call, bound, left, real }: SentAttempt,
  adjustments: readonly LedgerAdjustment[],
): string | null {
  if (!row) return left ? 'was sent and has no row' : null
  if (!left && row.status !== 'presumed_spent') return 'never left and has a row'
  if (row.status === 'presumed_spent') {
    if (!call.orphaned && !(call.voidsCount && !left)) return 'is presumed spent although its process lived'
    if (row.cost !== bound.cost) return `is booked at ${row.cost}, not at its bound ${bound.cost}`
  }
  const corrections = adjustments.filter(({ usageId, budgetKey }) => usageId === row.id && budgetKey === null)
  if (row.status === 'presumed_spent' && corrections.length === 0 && !(call.told && left)) return null
  const cost = row.cost - corrections.reduce((sum, { amount }) => sum + amount, 0n)
  return cost === real?.cost ? null : `is booked at ${cost}, not at its cost ${real?.cost}`
}

/** What is wrong with a window: it must have posted what the rows of its calls say, less its adjustments. */
function windowFault(
  { key, windowId, posted }: BudgetState,
  attempts: ReadonlyMap<string, SentAttempt>,
  rows: readonly UsageRow[],
  adjustments: readonly LedgerAdjustment[],
): string | null {
  const unit = unitOf(key)
  const own = adjustments.filter((one) => one.budgetKey === key && one.windowId === windowId)
  const adjusted = own.reduce((sum, { amount }) => sum + amount, 0n)
  let least = -adjusted
  let most = -adjusted
  for (const [call, ofCall] of byCall(attempts, rows)) {
    const windows = call.budgets.get(key) ?? []
    if (!windows.includes(windowId)) continue
    const used = usedBy(ofCall)[unit]
    most += used
    if (windows.length === 1) least += used
    // An orphan whose first attempt never left may have been booked as two exchanges.
    if (unit === 'requests' && (call.orphaned || call.voidsCount)) most += used
  }
  if (posted >= least && posted <= most) return null
  return `has posted ${posted}, and its rows say ${least === most ? least : `${least} to ${most}`}`
}

function byCall(attempts: ReadonlyMap<string, SentAttempt>, rows: readonly UsageRow[]): Map<TakenCall, UsageRow[]> {
  const calls = new Map<TakenCall, UsageRow[]>()
  for (const row of rows) {
    const call = attempts.get(row.id)?.call
    if (!call) continue
    const known = calls.get(call)
    if (known) known.push(row)
    else calls.set(call, [row])
  }
  return calls
}

function usedBy(rows: readonly UsageRow[]): Amounts {
  const tokens = rows.reduce((sum, row) => sum + row.inputTokens + row.outputTokens, 0)
  return { usd: rows.reduce((sum, row) => sum + row.cost, 0n), tokens: wholeUnits(tokens), requests: ONE_UNIT }
}

import { mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NanoUsd } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { createMoney } from './create-money.ts'
import { dispatchDirectory } from './dispatch-directory.ts'
import { FileWatch } from './file-watch.ts'
import { thisHost } from './host.ts'
import type { Ledger } from './ledger-watch.ts'
import { CENT, callContext, closedWith, handClock, TestBudgets, usageRow, usd } from './money.contract.ts'
import { SILENT } from './money-log.ts'
import { recover } from './recover.ts'
import type { Reservation } from './reservation.ts'

/*
 * The money room under many schedules: calls of two instances on nested budgets, over a store whose answers come late, in any order, or never, after
 * it did the work or before. What must always hold is checked after every step of the store.
 */

const NOON = Date.parse('2026-11-21T12:00:00Z')
const LEASE_MS = 30_000

/** Another instance, which looks for dead ones long after. */
const OBSERVER = {
  instanceId: 'observer',
  host: { ...thisHost(), machine: 'elsewhere' },
  leaseMs: LEASE_MS,
  watch: new FileWatch(() => 0),
  log: SILENT,
}

/** What happens to one question to the store: it waits some turns, and it may fail before or after the work is done. */
interface Fate {
  readonly turns: number
  readonly fails: 'no' | 'before' | 'after'
}

/** One call, in cents: how much it holds, how much it spends, how many turns it runs. */
interface Call {
  readonly instance: number
  readonly user: string
  readonly holds: number
  readonly spends: number
  readonly turns: number
}

const fates = fc.array(
  fc.record({
    turns: fc.nat(3),
    fails: fc.constantFrom<Fate['fails']>('no', 'no', 'no', 'no', 'before', 'after'),
  }),
  { maxLength: 60 },
)
const healthy = fc.array(fc.record({ turns: fc.nat(3), fails: fc.constant<Fate['fails']>('no') }), { maxLength: 60 })
const calls = fc.array(
  fc.record({
    instance: fc.nat(1),
    user: fc.constantFrom('u1', 'u2'),
    holds: fc.integer({ min: 1, max: 5 }),
    spends: fc.nat(5),
    turns: fc.nat(6),
  }),
  { minLength: 1, maxLength: 60 },
)

const TIMINGS = {
  holdWaitMs: 20_000,
  recallWaitMs: 5,
  recallAgainMs: 1,
  settleWaitMs: 20_000,
  settlePauseMs: 1,
  settleMostPauseMs: 2,
  heartbeatMs: 0,
  probeMs: 2,
  closeWaitMs: 20_000,
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Tenant 30 cents a day, each user 20, everything together 40. */
function nestedBudgets(): TestBudgets {
  const budgets = TestBudgets.daily(30n * CENT)
  budgets.list = [
    { per: 'user', unit: 'usd', limit: 20n * CENT, window: 'day', match: [] },
    { per: 'total', unit: 'usd', limit: 40n * CENT, window: 'month', match: [] },
  ]
  return budgets
}

/** A store whose questions meet the given fates, one after another, and go well from then on; `after` is called when one has done its work. */
function fateful(
  ledger: LedgerStore,
  list: readonly Fate[],
  after: () => Promise<void>,
): Ledger & { calm: () => void; leave: () => void; kill: () => void } {
  let next = 0
  let calm = false
  let away = false
  let killed = false
  const meet = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    const fate: Fate = (calm ? undefined : list[next]) ?? { turns: next % 3, fails: 'no' }
    next += 1
    await turns(fate.turns)
    if (killed) return new Promise(() => undefined)
    if (away || fate.fails === 'before') throw new GatewayError('ledger_unavailable', 'not done')
    const answer = await work()
    await after()
    if (fate.fails === 'after') throw new GatewayError('ledger_unavailable', 'done, but the answer was lost')
    await turns(fate.turns)
    return killed ? new Promise(() => undefined) : answer
  }
  const alive = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (killed) return new Promise(() => undefined)
    if (away) throw new GatewayError('ledger_unavailable', 'away')
    return work()
  }
  return {
    registerInstance: (id) => alive(() => ledger.registerInstance(id)),
    heartbeat: (id) => alive(() => ledger.heartbeat(id)),
    growSlices: (id, requests) => meet(() => ledger.growSlices(id, requests)),
    returnSlices: (id, returns) => meet(() => ledger.returnSlices(id, returns)),
    keepSlices: (id, holdings) => meet(() => ledger.keepSlices(id, holdings)),
    answerRecall: (id, returns) => meet(() => ledger.answerRecall(id, returns)),
    settle: (id, settlements) => meet(() => ledger.settle(id, settlements)),
    buryInstance: (id, settlements, silentMs) => meet(() => ledger.buryInstance(id, settlements, silentMs)),
    deadInstances: (leaseMs) => alive(() => ledger.deadInstances(leaseMs)),
    pulse: (id) => alive(() => ledger.pulse(id)),
    now: () => alive(() => ledger.now()),
    calm: () => {
      calm = true
    },
    leave: () => {
      away = true
    },
    kill: () => {
      killed = true
    },
  }
}

/** Notes every budget that is beyond its limit. */
async function watchLimits(ledger: LedgerStore, broken: string[]): Promise<void> {
  for (const state of await ledger.budgets()) {
    if (state.sliced >= 0n && state.posted + state.sliced <= state.limit) continue
    broken.push(`${state.key}: ${state.posted} posted and ${state.sliced} lent of ${state.limit}`)
  }
}

async function play(script: readonly Call[], list: readonly Fate[], { overrun = false } = {}) {
  const clock = handClock(NOON)
  const storage = openMemoryStorage({ clock })
  const { ledger, reader } = storage
  const broken: string[] = []
  const stores = [0, 1].map(() => fateful(ledger, list, () => watchLimits(ledger, broken)))
  const rooms = await Promise.all(
    stores.map((store) => createMoney({ store, clock, budgets: nestedBudgets(), dispatchDir: null, timings: TIMINGS })),
  )
  let held = 0n
  let spent = 0n
  let taken = 0
  const one = async (call: Call, index: number): Promise<void> => {
    const amount = BigInt(call.holds) * CENT
    const cost = BigInt(overrun ? call.spends : Math.min(call.spends, call.holds)) * CENT
    let reservation: Reservation | undefined
    try {
      const context = callContext('acme', { userId: call.user })
      reservation = await rooms[call.instance]?.reserve({ traceId: 't', keyId: null, context, worstCase: usd(amount) })
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
    }
    if (!reservation) return
    taken += 1
    held += amount
    // All calls that run, at their worst, and everything spent by the others: never beyond the tenant's limit.
    expect(overrun || held + spent <= 30n * CENT).toBe(true)
    await turns(call.turns)
    held -= amount
    spent += cost
    await reservation.settle(closedWith(usageRow(`at_${index}`, cost)))
  }
  await Promise.all(script.map(one))
  for (const store of stores) store.calm()
  await Promise.all(rooms.map((room) => room.close()))
  // What a lost answer left lent goes back with its owner.
  clock.advance(LEASE_MS)
  await recover({ ...OBSERVER, store: ledger, directory: null })
  if (!overrun) expect(broken).toEqual([])
  return { taken, spent, states: await ledger.budgets(), rows: (await reader.events({ limit: 1000 })).rows }
}

describe('money under many schedules', () => {
  test('nothing passes a limit, every attempt has one row, and in the end nothing is held', async () => {
    await fc.assert(
      fc.asyncProperty(calls, fates, async (script, list) => {
        const { taken, spent, states, rows } = await play(script, list)
        expect(rows).toHaveLength(taken)
        expect(rows.reduce((sum, row) => sum + row.cost, 0n)).toBe(spent)
        for (const state of states) expect(state.sliced).toBe(0n)
        expect(states.find((state) => state.key === 'tenant=acme/usd/day')?.posted ?? 0n).toBe(spent)
        expect(states.find((state) => state.key === 'total/usd/month')?.posted ?? 0n).toBe(spent)
      }),
      { numRuns: 500 },
    )
  })

  test('what calls cost beyond their hold is posted all the same, and no call after the limit is passed', async () => {
    await fc.assert(
      fc.asyncProperty(calls, fates, async (script, list) => {
        const { taken, spent, states, rows } = await play(script, list, { overrun: true })
        expect(rows).toHaveLength(taken)
        for (const state of states) expect(state.sliced).toBe(0n)
        const posted = states.find((state) => state.key === 'tenant=acme/usd/day')?.posted ?? 0n
        expect(posted).toBe(spent)
        // At most every call that ran at once has cost its overrun too much.
        const overrun = script.reduce((sum, call) => sum + Math.max(0, call.spends - call.holds), 0)
        expect(posted <= (30n + BigInt(overrun)) * CENT).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('with a store that answers, no call is refused while its budgets have the money', async () => {
    await fc.assert(
      fc.asyncProperty(healthy, fc.integer({ min: 1, max: 20 }), async (list, users) => {
        // One instance, calls that hold what they spend: as many fit as the limits say, no fewer.
        const script = Array.from({ length: 40 }, (_, index) => ({
          instance: 0,
          user: index < users ? 'u1' : 'u2',
          holds: 1,
          spends: 1,
          turns: 30,
        }))
        const { taken } = await play(script, list)
        expect(taken).toBe(Math.min(30, Math.min(users, 20) + Math.min(40 - users, 20)))
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['', 'refuse', 300],
    [', while the ledger is away too', 'journal', 150],
  ] as const)(
    'a crash at any step leaves each sent call with one row, and no money locked%s',
    async (_, onOutage, numRuns) => {
      await fc.assert(
        fc.asyncProperty(calls, fates, fc.nat(40), fc.nat(30), async (script, list, lifetime, outageAfter) => {
          const directory = mkdtempSync(join(tmpdir(), 'headgate-crash-'))
          const clock = handClock(NOON)
          const { ledger, reader } = openMemoryStorage({ clock })
          const broken: string[] = []
          const store = fateful(ledger, list, () => watchLimits(ledger, broken))
          const timings = { ...TIMINGS, probeMs: 200 }
          const money = await createMoney({
            store,
            clock,
            budgets: nestedBudgets(),
            dispatchDir: directory,
            onOutage,
            timings,
          })
          const sent = new Map<string, { bound: NanoUsd; cost: NanoUsd }>()
          const told = new Set<string>()
          let dead = false
          const one = async (call: Call, index: number): Promise<void> => {
            const id = `at_${index}`
            const bound = BigInt(call.holds) * CENT
            const cost = BigInt(Math.min(call.spends, call.holds)) * CENT
            const context = callContext('acme', { userId: call.user })
            const reservation = await money.reserve({ traceId: 't', keyId: null, context, worstCase: usd(bound) })
            await turns(call.turns)
            if (dead) return
            reservation.dispatch(usageRow(id, bound, { status: 'presumed_spent' }))
            sent.set(id, { bound, cost })
            await turns(call.turns)
            if (dead) return
            await reservation.settle(closedWith(usageRow(id, cost)))
            if (!dead) told.add(id)
          }
          const running = script.map((call, index) => one(call, index).catch(() => undefined))
          if (onOutage === 'journal') void turns(outageAfter).then(store.leave)
          await Promise.race([Promise.all(running), turns(lifetime)])
          dead = true
          store.kill()

          clock.advance(LEASE_MS)
          await recover({ ...OBSERVER, store: ledger, directory: dispatchDirectory(directory) })
          const { rows } = await reader.events({ limit: 1000 })
          expect(rows.map((row) => row.id).sort()).toEqual([...sent.keys()].sort())
          for (const row of rows) {
            const { bound, cost } = sent.get(row.id) ?? { bound: 0n, cost: 0n }
            expect(row.cost).toBe(row.status === 'completed' ? cost : bound)
            if (told.has(row.id)) expect(row.status).toBe('completed')
          }
          const posted = rows.reduce((sum, row) => sum + row.cost, 0n)
          for (const state of await ledger.budgets()) expect(state.sliced).toBe(0n)
          const tenant = (await ledger.budgets()).find((state) => state.key === 'tenant=acme/usd/day')
          expect(tenant?.posted ?? 0n).toBe(posted)
          expect(posted <= 30n * CENT).toBe(true)
          expect(broken).toEqual([])
          expect(readdirSync(directory)).toEqual([])
          await rm(directory, { recursive: true, force: true })
        }),
        { numRuns },
      )
    },
  )
})

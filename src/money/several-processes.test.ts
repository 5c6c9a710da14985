import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ONE_UNIT, wholeUnits } from '../canonical/amounts.ts'
import { systemClock } from '../lib/clock.ts'
import type { Storage } from '../storage/contracts/storage.ts'
import { openPostgresStorage } from '../storage/postgres/open.ts'
import { PATIENT, startTestServer, type TestServer } from '../storage/postgres/test-server.contract.ts'
import { createMoney } from './create-money.ts'
import { CENT, callContext, closedWith, DOLLAR, TestBudgets, usageRow, usd } from './money.contract.ts'

const CHILD = new URL('./spending-child.contract.ts', import.meta.url).pathname
/** As `spending-child.contract.ts` has it. */
const LIMIT = 20n * DOLLAR
const PATIENCE = { holdWaitMs: 20_000, settleWaitMs: 20_000, closeWaitMs: 20_000 }

let server: TestServer
let directory: string
const opened: Storage[] = []

beforeAll(async () => {
  server = await startTestServer()
  directory = mkdtempSync(join(tmpdir(), 'headgate-several-'))
})
afterAll(async () => {
  await Promise.all(opened.map((storage) => storage.close()))
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

async function openStorage(url: string): Promise<Storage> {
  const storage = await openPostgresStorage({ url, clock: systemClock, limits: PATIENT })
  opened.push(storage)
  return storage
}

describe('several instances on one PostgreSQL', () => {
  test('of 400 calls on money for 50, started at once on four instances, exactly 50 are taken', async () => {
    const url = await server.createDatabase()
    const storages = await Promise.all([0, 1, 2, 3].map(() => openStorage(url)))
    await storages[0]?.migrate()
    const budgets = TestBudgets.daily(50n * CENT)
    const rooms = await Promise.all(
      storages.map(({ ledger }) =>
        createMoney({ store: ledger, clock: systemClock, budgets, dispatchDir: null, timings: PATIENCE }),
      ),
    )
    const outcomes = await Promise.allSettled(
      Array.from({ length: 400 }, async (_, index) => {
        const ask = { traceId: 't', keyId: null, context: callContext('acme'), worstCase: usd(CENT) }
        const reservation = await rooms[index % 4]?.reserve(ask)
        await reservation?.settle(closedWith(usageRow(`at_${index}`, CENT)))
      }),
    )
    expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(50)
    await Promise.all(rooms.map((room) => room.close()))
    const [state] = (await storages[0]?.ledger.budgets()) ?? []
    expect(state).toMatchObject({ posted: 50n * CENT, sliced: 0n })
  })

  test('the last cent of a budget can be spent by any instance, wherever the money lies idle', async () => {
    const url = await server.createDatabase()
    const storages = await Promise.all([0, 1].map(() => openStorage(url)))
    await storages[0]?.migrate()
    const budgets = TestBudgets.daily(100n * CENT)
    budgets.list = [
      { per: 'user', unit: 'tokens', limit: wholeUnits(1000), window: 'month', match: [] },
      { per: 'total', unit: 'requests', limit: wholeUnits(3), window: 'month', match: [] },
    ]
    const [one, other] = await Promise.all(
      storages.map(({ ledger }) =>
        createMoney({ store: ledger, clock: systemClock, budgets, dispatchDir: null, timings: PATIENCE }),
      ),
    )
    const ask = (cents: bigint, tokens: number) => ({
      traceId: 't',
      keyId: null,
      context: callContext('acme', { userId: 'u1' }),
      worstCase: { usd: cents * CENT, tokens: wholeUnits(tokens), requests: ONE_UNIT },
    })
    // All of it goes into the slices of one, and of that nearly nothing is spent.
    const reservation = await one?.reserve(ask(100n, 1000))
    await reservation?.settle(closedWith(usageRow('at_1', CENT, { inputTokens: 1, outputTokens: 0 })))
    const last = await other?.reserve(ask(99n, 999))
    await last?.settle(closedWith(usageRow('at_2', 99n * CENT, { inputTokens: 999, outputTokens: 0 })))
    await expect(other?.reserve(ask(1n, 1))).rejects.toMatchObject({ code: 'quota_exceeded' })
    await Promise.all([one?.close(), other?.close()])
    const states = await storages[0]?.ledger.budgets()
    const posted = Object.fromEntries((states ?? []).map((state) => [state.unit, state.posted]))
    expect(posted).toEqual({ usd: 100n * CENT, tokens: wholeUnits(1000), requests: 2n * ONE_UNIT })
    for (const { sliced } of states ?? []) expect(sliced).toBe(0n)
  })

  test('of calls that come one after another on four instances with nested budgets, exactly as many are taken as there is money for', async () => {
    const url = await server.createDatabase()
    const storages = await Promise.all([0, 1, 2, 3].map(() => openStorage(url)))
    await storages[0]?.migrate()
    const budgets = TestBudgets.daily(50n * CENT)
    budgets.list = [{ per: 'user', unit: 'usd', limit: 30n * CENT, window: 'day', match: [] }]
    const rooms = await Promise.all(
      storages.map(({ ledger }) =>
        createMoney({ store: ledger, clock: systemClock, budgets, dispatchDir: null, timings: PATIENCE }),
      ),
    )
    let taken = 0
    const lane = async (index: number): Promise<void> => {
      for (let call = 0; call < 12; call += 1) {
        const context = callContext('acme', { userId: `u${(index + call) % 3}` })
        const ask = { traceId: 't', keyId: null, context, worstCase: usd(CENT) }
        const reservation = await rooms[(index + call) % 4]?.reserve(ask).catch(() => null)
        if (!reservation) continue
        taken += 1
        await reservation.settle(closedWith(usageRow(`at_${index}_${call}`, CENT)))
      }
    }
    await Promise.all(Array.from({ length: 8 }, (_, index) => lane(index)))
    expect(taken).toBe(50)
    await Promise.all(rooms.map((room) => room.close()))
    for (const state of (await storages[0]?.ledger.budgets()) ?? []) expect(state.sliced).toBe(0n)
  })

  test('processes that are killed while they spend leave every call booked once, and the limit holds', async () => {
    const url = await server.createDatabase()
    const storage = await openStorage(url)
    await storage.migrate()
    const sent = new Set<string>()
    const settled = new Set<string>()
    let seen = (): void => undefined
    const start = (name: string): ChildProcess => {
      const child = spawn(process.execPath, [CHILD, url, directory, name], { stdio: ['ignore', 'pipe', 'inherit'] })
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [what, id = ''] = line.split(' ')
        if (what === 'sent') sent.add(id)
        else settled.add(id)
        seen()
      })
      return child
    }
    const settledBeyond = (count: number): Promise<void> =>
      new Promise((resolve) => {
        seen = () => {
          if (settled.size > count) resolve()
        }
        seen()
      })
    for (let round = 0; round < 4; round += 1) {
      const children = [start(`${round}a`), start(`${round}b`)]
      const ended = children.map((child) => once(child, 'close'))
      await settledBeyond(settled.size + 5)
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(ended)
    }

    const money = await createMoney({
      store: storage.ledger,
      clock: systemClock,
      budgets: TestBudgets.daily(LIMIT),
      dispatchDir: directory,
      timings: PATIENCE,
    })
    const { rows } = await storage.reader.events({ limit: 1000 })
    const ids = new Set(rows.map((row) => row.id))
    expect(ids.size).toBe(rows.length)
    for (const id of sent) expect(ids).toContain(id)
    for (const row of rows) if (settled.has(row.id)) expect(row.status).toBe('completed')
    expect(rows.some((row) => row.status === 'presumed_spent')).toBe(true)
    const [state] = await storage.ledger.budgets()
    const cost = rows.reduce((sum, row) => sum + row.cost, 0n)
    expect(state).toMatchObject({ posted: cost, sliced: 0n })
    expect(cost <= LIMIT).toBe(true)
    await money.close()
    expect(readdirSync(directory)).toEqual([])
  })
})

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NanoUsd } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { createMoney } from './create-money.ts'
import { attemptLine, ownerLine } from './dispatch-line.ts'
import {
  CENT,
  callContext,
  closedWith,
  DOLLAR,
  deployment,
  type HandClock,
  handClock,
  modelPrice,
  TestBudgets,
  usageRow,
} from './money.contract.ts'
import type { MoneyTimings } from './money-timings.ts'
import type { Money, Reservation } from './reservation.ts'
import { thisMachine } from './this-machine.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const OPEN: Money[] = []
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-money-'))
})
afterEach(async () => {
  await Promise.all(OPEN.splice(0).map((money) => money.close()))
  await rm(directory, { recursive: true, force: true })
})

interface Options {
  readonly budgets?: TestBudgets
  readonly change?: (store: LedgerStore) => Partial<LedgerStore>
  readonly timings?: Partial<MoneyTimings>
  readonly dispatchDir?: string | null
  readonly clock?: HandClock
  readonly storage?: ReturnType<typeof openMemoryStorage>
}

async function setup(options: Options = {}) {
  const clock = options.clock ?? handClock(NOON)
  const storage = options.storage ?? openMemoryStorage({ clock })
  const budgets = options.budgets ?? TestBudgets.daily(DOLLAR)
  const money = await createMoney({
    store: { ...storage.ledger, ...options.change?.(storage.ledger) },
    clock,
    budgets,
    dispatchDir: options.dispatchDir ?? null,
    timings: {
      holdWaitMs: 200,
      settleWaitMs: 200,
      settlePauseMs: 1,
      settleMostPauseMs: 5,
      closeWaitMs: 100,
      ...options.timings,
    },
  })
  OPEN.push(money)
  return {
    clock,
    storage,
    budgets,
    money,
    reserve: (worstCase: NanoUsd, tenantId = 'acme'): Promise<Reservation> =>
      money.reserve({ traceId: 't', keyId: null, context: callContext(tenantId), worstCase }),
    state: async () => (await storage.ledger.budgets())[0],
    rows: async () => (await storage.reader.events({ limit: 1000 })).rows,
  }
}

const unavailable = () => Promise.reject(new GatewayError('ledger_unavailable', 'down'))

/** Whether a call was taken, or why not. */
function outcome(reserving: Promise<Reservation>): Promise<string> {
  return reserving.then(
    () => 'taken',
    (error: GatewayError) => error.code,
  )
}

describe('money', () => {
  test('what a call did not spend goes back, what it spent is in the ledger when settle resolves', async () => {
    const { reserve, state, rows } = await setup()
    const reservation = await reserve(10n * CENT)
    expect(reservation.held).toBe(10n * CENT)
    await reservation.settle(closedWith(usageRow('at_1', 3n * CENT)))
    expect(await state()).toMatchObject({ key: 'tenant=acme/usd/day', posted: 3n * CENT })
    expect((await rows()).map((row) => [row.id, row.cost])).toEqual([['at_1', 3n * CENT]])
  })

  test('an exchange with several attempts pays for each, one row an attempt', async () => {
    const { reserve, state, rows } = await setup()
    const reservation = await reserve(10n * CENT)
    const failed = usageRow('at_1', CENT, { status: 'failed', errorCode: 'upstream_failed' })
    await reservation.settle(closedWith(failed, usageRow('at_2', 2n * CENT, { attempt: 2 })))
    expect((await state())?.posted).toBe(3n * CENT)
    expect((await rows()).map((row) => row.attempt).sort()).toEqual([1, 2])
  })

  test('settling twice is settling once', async () => {
    const { reserve, state } = await setup()
    const reservation = await reserve(CENT)
    const closed = closedWith(usageRow('at_1', CENT))
    await Promise.all([reservation.settle(closed), reservation.settle(closedWith(usageRow('at_2', CENT)))])
    await reservation.settle(closed)
    expect((await state())?.posted).toBe(CENT)
  })

  test('a refusal says what is spent, what was needed and when there is more', async () => {
    const { reserve } = await setup({ budgets: TestBudgets.daily(5n * DOLLAR) })
    const spent = await reserve(498n * CENT)
    await spent.settle(closedWith(usageRow('at_1', 498n * CENT)))
    const refusal = await reserve(3n * CENT).then(
      () => null,
      (error: unknown) => error,
    )
    expect(refusal).toBeInstanceOf(GatewayError)
    expect(refusal).toMatchObject({
      code: 'budget_exceeded',
      message:
        'Tenant acme has spent its daily budget of $5.00: $4.98 spent, $0.03 needed; it resets at 2026-11-22T00:00:00+00:00.',
      retryAfterSeconds: 12 * 3600,
      details: {
        budget: 'tenant=acme/usd/day',
        window: 'day:2026-11-21',
        limit_usd: 5,
        used_usd: 4.98,
        needed_usd: 0.03,
        resets_at: '2026-11-22T00:00:00+00:00',
      },
    })
  })

  test('a refusal tells money that running calls hold from money that is spent', async () => {
    const { reserve } = await setup()
    await reserve(99n * CENT)
    await expect(reserve(2n * CENT)).rejects.toThrow(
      'Tenant acme has nothing left in its daily budget of $1.00: $0.00 spent, $0.99 held by running calls, $0.02 needed',
    )
  })

  test('a limit of zero refuses everything, free calls too', async () => {
    const { reserve } = await setup({ budgets: TestBudgets.daily(0n) })
    await expect(reserve(0n)).rejects.toThrow('Tenant acme has a daily budget of $0.00, which allows no calls')
  })

  test('without a budget every call is taken, and recorded', async () => {
    const { reserve, rows } = await setup({ budgets: new TestBudgets() })
    const reservation = await reserve(1_000_000n * DOLLAR)
    await reservation.settle(closedWith(usageRow('at_1', 1_000n * DOLLAR)))
    expect(await rows()).toHaveLength(1)
  })

  test('a reload takes effect with the next call', async () => {
    const { reserve, budgets } = await setup({ budgets: TestBudgets.daily(CENT) })
    await expect(reserve(2n * CENT)).rejects.toMatchObject({ code: 'budget_exceeded' })
    budgets.limits = { ...budgets.limits, dailyLimit: DOLLAR }
    const reservation = await reserve(2n * CENT)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    budgets.limits = { ...budgets.limits, dailyLimit: CENT }
    await expect(reserve(CENT)).rejects.toMatchObject({ code: 'budget_exceeded' })
  })

  test('the next day has its own money, and a charge stays in the day of its reserve', async () => {
    const { reserve, clock, storage } = await setup({ budgets: TestBudgets.daily(10n * CENT) })
    const late = await reserve(10n * CENT)
    await expect(reserve(CENT)).rejects.toMatchObject({ code: 'budget_exceeded' })
    clock.advance(12 * 3_600_000)
    const early = await reserve(10n * CENT)
    await late.settle(closedWith(usageRow('at_1', 4n * CENT)))
    await early.settle(closedWith(usageRow('at_2', 5n * CENT)))
    const posted = (await storage.ledger.budgets()).map((one) => [one.windowId, one.posted])
    expect(posted).toContainEqual(['day:2026-11-22', 5n * CENT])
    expect((await storage.reader.usage({ groupBy: ['tenant_id'] }))[0]?.cost).toBe(9n * CENT)
  })

  test('a refusal is recorded without money', async () => {
    const { money, rows, state } = await setup()
    await money.record(closedWith(usageRow('at_1', 0n, { status: 'refused', attempt: 0 })))
    expect((await rows()).map((row) => row.status)).toEqual(['refused'])
    expect(await state()).toBeUndefined()
  })

  test('two gateways on one ledger never pass the limit together', async () => {
    const clock = handClock(NOON)
    const storage = openMemoryStorage({ clock })
    const budgets = TestBudgets.daily(50n * CENT)
    const rooms = await Promise.all([setup({ clock, storage, budgets }), setup({ clock, storage, budgets })])
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, index) => {
        const reservation = await rooms[index % 2]?.reserve(CENT)
        await reservation?.settle(closedWith(usageRow(`at_${index}`, CENT)))
      }),
    )
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(50)
    expect((await storage.ledger.budgets())[0]?.posted).toBe(50n * CENT)
  })
})

describe('money and a ledger that fails', () => {
  test('it does not open without the ledger', async () => {
    await expect(setup({ change: () => ({ registerInstance: unavailable }) })).rejects.toMatchObject({
      code: 'ledger_unavailable',
    })
  })

  test('a settlement is posted when the ledger is back, and its money stays held until then', async () => {
    let down = true
    let calls = 0
    const { reserve, state } = await setup({
      budgets: TestBudgets.daily(10n * CENT),
      change: (store) => ({
        settle: (id, settlements) => {
          calls += 1
          return down ? unavailable() : store.settle(id, settlements)
        },
      }),
    })
    const reservation = await reserve(10n * CENT)
    await expect(reservation.settle(closedWith(usageRow('at_1', 6n * CENT)))).rejects.toMatchObject({
      code: 'ledger_unavailable',
    })
    await expect(reserve(5n * CENT)).rejects.toMatchObject({ code: 'budget_exceeded' })
    expect(calls).toBeGreaterThan(1)
    down = false
    await expect.poll(async () => (await state())?.posted).toBe(6n * CENT)
    await reserve(4n * CENT)
  })

  test('a hold is not free before its cost is posted: a crash would book all of it', async () => {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const { reserve } = await setup({
      budgets: TestBudgets.daily(10n * CENT),
      change: (store) => ({
        settle: async (id, settlements) => {
          await opened
          await store.settle(id, settlements)
        },
      }),
    })
    const settled = (await reserve(10n * CENT)).settle(closedWith(usageRow('at_1', 2n * CENT)))
    await expect(reserve(5n * CENT)).rejects.toThrow('$0.10 held by running calls')
    open()
    await settled
    await reserve(8n * CENT)
  })

  test('while the ledger is away calls are refused at once, from slices too, and taken again when it is back', async () => {
    let down = false
    const { reserve, clock } = await setup({
      timings: { probeMs: 5, heartbeatMs: 0 },
      change: (store) => ({
        heartbeat: (id) => (down ? unavailable() : store.heartbeat(id)),
        now: () => (down ? unavailable() : store.now()),
      }),
    })
    await reserve(CENT)
    down = true
    clock.advance(1)
    await expect.poll(() => outcome(reserve(CENT))).toBe('ledger_unavailable')
    down = false
    await expect.poll(() => outcome(reserve(CENT))).toBe('taken')
  })

  test('a ledger that is gone is noticed between heartbeats, before a call is taken that could not be settled', async () => {
    let down = false
    const { reserve } = await setup({
      timings: { probeMs: 5, heartbeatMs: 60_000 },
      change: (store) => ({ now: () => (down ? unavailable() : store.now()) }),
    })
    await reserve(CENT)
    down = true
    await expect.poll(() => outcome(reserve(1n))).toBe('ledger_unavailable')
  })

  test('an instance that was silent for too long asks before it spends, and starts again when it was buried', async () => {
    const { reserve, storage, clock, state } = await setup({
      budgets: TestBudgets.daily(10n * CENT),
      timings: { leaseMs: 30_000 },
    })
    const running = await reserve(4n * CENT)
    clock.advance(60_000)
    for (const dead of await storage.ledger.deadInstances(30_000)) await storage.ledger.buryInstance(dead, [])
    const first = await reserve(CENT).catch((error: unknown) => error)
    expect(first).toMatchObject({ code: 'ledger_unavailable' })
    await expect.poll(() => outcome(reserve(CENT))).toBe('taken')
    // The running call's four cents are covered again before anything else is lent: five of ten are left.
    const more = await Promise.all(Array.from({ length: 10 }, () => outcome(reserve(CENT))))
    expect(more.filter((one) => one === 'taken')).toHaveLength(5)
    await running.settle(closedWith(usageRow('at_1', 4n * CENT)))
    expect((await state())?.posted).toBe(4n * CENT)
  })

  test('money of a slice is not spent after a long silence before the ledger has heard us', async () => {
    const beats: string[] = []
    const { reserve, clock } = await setup({
      change: (store) => ({
        heartbeat: async (id) => {
          beats.push(id)
          await store.heartbeat(id)
        },
      }),
    })
    await (await reserve(CENT)).settle(closedWith(usageRow('at_1', 0n)))
    await reserve(CENT)
    expect(beats).toEqual([])
    clock.advance(25_000)
    await reserve(1n)
    expect(beats).toHaveLength(1)
  })

  test('a failed return or sweep breaks nothing', async () => {
    const { reserve, clock } = await setup({ timings: { sweepMs: 2 }, change: () => ({ returnSlice: unavailable }) })
    await (await reserve(CENT)).settle(closedWith(usageRow('at_1', CENT)))
    clock.advance(20_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await expect.poll(() => outcome(reserve(CENT))).toBe('taken')
  })
})

describe('money and the dispatch file', () => {
  test('an attempt is on disk when dispatch returns, and gone when it is settled', async () => {
    const { reserve } = await setup({ dispatchDir: join(directory, 'dispatch') })
    const reservation = await reserve(CENT)
    reservation.dispatch(usageRow('at_1', CENT, { status: 'presumed_spent' }))
    expect(readdirSync(join(directory, 'dispatch'))).toHaveLength(1)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    await OPEN.splice(0).at(0)?.close()
    expect(readdirSync(join(directory, 'dispatch'))).toEqual([])
  })

  test('an attempt that left no row is taken back, so that no crash can book it', async () => {
    const { reserve } = await setup({ dispatchDir: directory })
    const reservation = await reserve(CENT)
    reservation.dispatch(usageRow('at_1', CENT, { status: 'presumed_spent' }))
    reservation.dispatch(usageRow('at_2', CENT, { status: 'presumed_spent', attempt: 2 }))
    await reservation.settle(closedWith(usageRow('at_2', CENT, { attempt: 2 })))
    const [file = ''] = readdirSync(directory)
    const lines = readFileSync(join(directory, file), 'utf8').split('\n')
    expect(lines.filter((line) => line.includes('takenBack'))).toEqual(['{"takenBack":"at_1"}'])
  })

  test('an attempt after the end of its exchange is a mistake that is told', async () => {
    const { reserve } = await setup()
    const reservation = await reserve(CENT)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    expect(() => reservation.dispatch(usageRow('at_2', CENT))).toThrow(/after its exchange was settled/)
  })

  test('opening books what dead processes left, before the first call', async () => {
    const clock = handClock(NOON)
    const storage = openMemoryStorage({ clock })
    const window = {
      key: 'tenant=acme/usd/day',
      windowId: 'day:2026-11-21',
      limit: DOLLAR,
      endsAt: NOON + 12 * 3_600_000,
    }
    const owner = { instanceId: 'dead', machine: thisMachine(), pid: 2 ** 30, startedAt: null }
    const presumed = usageRow('at_1', 98n * CENT, { status: 'presumed_spent' })
    writeFileSync(join(directory, 'dead.1.jsonl'), ownerLine(owner) + attemptLine(presumed, [window]))
    const { reserve } = await setup({ clock, storage, dispatchDir: directory })
    await expect(reserve(3n * CENT)).rejects.toThrow('$0.98 spent')
    await reserve(2n * CENT)
  })
})

describe('closing the money room', () => {
  test('waits for running settlements, gives everything back and takes no more calls', async () => {
    const { reserve, money, storage, clock } = await setup()
    const settled = (await reserve(CENT)).settle(closedWith(usageRow('at_1', CENT)))
    await money.close()
    await settled
    expect((await storage.ledger.budgets())[0]).toMatchObject({ posted: CENT, sliced: 0n })
    clock.advance(3_600_000)
    expect(await storage.ledger.deadInstances(1)).toEqual([])
    await expect(reserve(CENT)).rejects.toMatchObject({ code: 'ledger_unavailable' })
    await money.close()
  })

  test('what is still running keeps its hold, and the next start books it', async () => {
    const { reserve, money, storage } = await setup({ dispatchDir: directory })
    const reservation = await reserve(10n * CENT)
    reservation.dispatch(usageRow('at_1', 7n * CENT, { status: 'presumed_spent' }))
    await money.close()
    expect((await storage.ledger.budgets())[0]).toMatchObject({ posted: 0n, sliced: 10n * CENT })
    expect(readdirSync(directory)).toHaveLength(1)
  })
})

describe('pricing', () => {
  test('prices, bounds and estimates by deployment', async () => {
    const { money } = await setup()
    const priced = deployment(modelPrice())
    expect(money.price(priced, { inputUncached: 1000, outputText: 100 })).toEqual({
      cost: 4_500_000n,
      priceVersion: 'test',
    })
    expect(money.bound(priced, { inputTokens: 1000, maxOutputTokens: 100 })).toBe(4_500_000n)
    expect(money.affordableOutput(priced, 1000, 4_500_000n)).toBe(100)
    const before = money.estimateInput(priced, { textBytes: 100_000, images: 0 })
    money.learn(priced, { textBytes: 100_000, images: 0 }, 90_000)
    expect(money.estimateInput(priced, { textBytes: 100_000, images: 0 })).toBeGreaterThan(before)
  })

  test('a deployment without a price has no bound and nothing is affordable, but nothing is ever free', async () => {
    const { money } = await setup()
    const unpriced = deployment(null)
    expect(money.bound(unpriced, { inputTokens: 1, maxOutputTokens: 1 })).toBeNull()
    expect(money.affordableOutput(unpriced, 1, DOLLAR)).toBe(0)
    expect(() => money.price(unpriced, { outputText: 1 })).toThrow(GatewayError)
  })
})

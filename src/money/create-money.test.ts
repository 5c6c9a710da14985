import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { attemptLine, ownerLine } from './dispatch-line.ts'
import { thisHost } from './host.ts'
import {
  CENT,
  closedWith,
  DOLLAR,
  deployment,
  handClock,
  modelPrice,
  TestBudgets,
  tenantBudget,
  usageRow,
} from './money.contract.ts'
import { NOON, type RoomOptions, TestRooms } from './money-room.contract.ts'

const rooms = new TestRooms()
const setup = (options?: RoomOptions) => rooms.open(options)
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-money-'))
})
afterEach(async () => {
  await rooms.closeAll()
  await rm(directory, { recursive: true, force: true })
})

describe('money', () => {
  test('what a call did not spend goes back, what it spent is in the ledger when settle resolves', async () => {
    const { reserve, state, rows } = await setup()
    const reservation = await reserve(10n * CENT)
    expect(reservation.held.usd).toBe(10n * CENT)
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
        unit: 'usd',
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
    budgets.limits = { ...budgets.limits, budgets: [tenantBudget(DOLLAR)] }
    const reservation = await reserve(2n * CENT)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    budgets.limits = { ...budgets.limits, budgets: [tenantBudget(CENT)] }
    await expect(reserve(CENT)).rejects.toMatchObject({ code: 'budget_exceeded' })
  })

  test('a tenant that is deleted while its calls run pays for them, and holds nothing afterwards', async () => {
    const { reserve, budgets, state, storage } = await setup({ budgets: TestBudgets.daily(10n * CENT) })
    const running = await reserve(4n * CENT)
    budgets.limits = { budgets: [], timezone: 'UTC' }
    await (await reserve(100n * DOLLAR)).settle(closedWith(usageRow('at_free', DOLLAR)))
    await running.settle(closedWith(usageRow('at_1', 3n * CENT)))
    expect(await state()).toMatchObject({ posted: 3n * CENT })
    expect((await storage.reader.usage({ groupBy: [] }))[0]?.cost).toBe(DOLLAR + 3n * CENT)
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
    const pair = await Promise.all([setup({ clock, storage, budgets }), setup({ clock, storage, budgets })])
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, index) => {
        const reservation = await pair[index % 2]?.reserve(CENT)
        await reservation?.settle(closedWith(usageRow(`at_${index}`, CENT)))
      }),
    )
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(50)
    expect((await storage.ledger.budgets())[0]?.posted).toBe(50n * CENT)
  })
})

describe('money and the dispatch file', () => {
  test('an attempt is on disk when dispatch returns, and gone when it is settled', async () => {
    const { reserve } = await setup({ dispatchDir: join(directory, 'dispatch') })
    const reservation = await reserve(CENT)
    reservation.dispatch(usageRow('at_1', CENT, { status: 'presumed_spent' }))
    expect(readdirSync(join(directory, 'dispatch'))).toHaveLength(1)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    await rooms.closeAll()
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

  test('a hold that was taken before a long silence is not sent any more', async () => {
    const { reserve, clock } = await setup({ dispatchDir: directory })
    const [early, sent] = [await reserve(CENT), await reserve(CENT)]
    sent.dispatch(usageRow('at_1', CENT, { status: 'presumed_spent' }))
    clock.advance(25_000)
    expect(() => early.dispatch(usageRow('at_2', CENT))).toThrow(/was not sent/)
    // What runs already may be noted again.
    sent.dispatch(usageRow('at_1', 2n * CENT, { status: 'presumed_spent' }))
    expect(() => sent.dispatch(usageRow('at_3', CENT, { attempt: 2 }))).toThrow(/was not sent/)
  })

  test('opening books what dead processes left, before the first call', async () => {
    const clock = handClock(NOON)
    const storage = openMemoryStorage({ clock })
    const window = {
      key: 'tenant=acme/usd/day',
      windowId: 'day:2026-11-21',
      unit: 'usd' as const,
      limit: DOLLAR,
      endsAt: NOON + 12 * 3_600_000,
    }
    const owner = { instanceId: 'dead', machine: thisHost().machine, pid: 2 ** 30, startedAt: null }
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
      toolFees: 0n,
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

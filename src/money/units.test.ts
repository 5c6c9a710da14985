import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Amounts, ONE_UNIT, wholeUnits } from '../canonical/amounts.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { readLine } from './dispatch-line.ts'
import { CENT, callContext, closedWith, DOLLAR, TestBudgets, tenantBudget, usageRow, usd } from './money.contract.ts'
import { outcome, TestRooms } from './money-room.contract.ts'

const rooms = new TestRooms()
afterEach(() => rooms.closeAll())

function budgetsOf(...budgets: Parameters<typeof tenantBudget>[1][]): TestBudgets {
  const source = new TestBudgets()
  source.limits = { budgets: budgets.map((changes) => tenantBudget(DOLLAR, changes)), timezone: 'UTC' }
  return source
}

const asking = (tokens: number, requests = 1): Amounts => ({
  usd: CENT,
  tokens: wholeUnits(tokens),
  requests: wholeUnits(requests),
})

async function setup(
  budgets: TestBudgets,
  change: (store: LedgerStore) => Partial<LedgerStore> = () => ({}),
  dispatchDir: string | null = null,
) {
  const room = await rooms.open({ budgets, change, dispatchDir })
  const posted = async () =>
    Object.fromEntries((await room.storage.ledger.budgets()).map((state) => [state.unit, state.posted]))
  const ask = (worstCase: Amounts) =>
    room.money.reserve({ traceId: 't', keyId: null, context: callContext('acme'), worstCase })
  return { ...room, ask, posted }
}

describe('budgets of every unit', () => {
  test('each is posted its own: dollars, tokens of all attempts, one request', async () => {
    const limit = wholeUnits(1000)
    const { ask, posted } = await setup(budgetsOf({}, { unit: 'tokens', limit }, { unit: 'requests', limit }))
    const reservation = await ask(asking(100))
    const rows = [
      usageRow('at_1', 2n, { attempt: 1, status: 'failed', inputTokens: 10, outputTokens: 0 }),
      usageRow('at_2', 3n, { attempt: 2, inputTokens: 10, outputTokens: 7 }),
    ]
    await reservation.settle(closedWith(...rows))
    expect(await posted()).toEqual({ usd: 5n, tokens: wholeUnits(27), requests: ONE_UNIT })
  })

  test('a call that was refused after it held uses nothing', async () => {
    const limit = wholeUnits(10)
    const { ask, posted } = await setup(budgetsOf({ unit: 'tokens', limit }, { unit: 'requests', limit }))
    await (await ask(asking(5))).settle(closedWith(usageRow('at_1', 0n, { attempt: 0, status: 'refused' })))
    expect(await posted()).toEqual({ tokens: 0n, requests: 0n })
  })

  test.each([
    ['tokens', 'day', 'quota_exceeded'],
    ['requests', 'month', 'quota_exceeded'],
    ['tokens', 'hour', 'rate_limited'],
    ['requests', 'minute', 'rate_limited'],
    ['usd', 'minute', 'budget_exceeded'],
  ] as const)('a limit on %s of a %s refuses with %s', async (unit, window, code) => {
    const limit = unit === 'usd' ? CENT : wholeUnits(1)
    const { ask } = await setup(budgetsOf({ unit, window, limit }))
    await ask(asking(1))
    expect(await outcome(ask(asking(1)))).toBe(code)
  })

  test('a quota says how many tokens are left, needed and held', async () => {
    const { ask } = await setup(budgetsOf({ unit: 'tokens', limit: wholeUnits(1000) }))
    await ask(asking(999))
    await expect(ask(asking(2))).rejects.toMatchObject({
      message:
        'Tenant acme has nothing left in its daily quota of 1000 tokens: 0 tokens used, 999 tokens held by running calls, 2 tokens needed; it resets at 2026-11-22T00:00:00+00:00.',
      details: { unit: 'tokens', limit_tokens: 1000, used_tokens: 999, needed_tokens: 2 },
    })
  })
})

test('an attempt that may use more is noted again, as the same request; a further one is none', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-units-'))
  try {
    const { reserve } = await setup(budgetsOf({ limit: DOLLAR }), undefined, directory)
    const reservation = await reserve(3n * CENT)
    reservation.dispatch(usageRow('at_1', CENT))
    reservation.dispatch(usageRow('at_1', 2n * CENT))
    reservation.dispatch(usageRow('at_2', CENT, { attempt: 2 }))
    const [name = ''] = readdirSync(directory)
    const [, ...lines] = readFileSync(join(directory, name), 'utf8').trim().split('\n')
    const noted = lines.map((line) => {
      const read = readLine(line)
      const [row] = read && 'attempt' in read ? read.attempt.usage : []
      return [row?.id, row?.cost, JSON.parse(line).first ?? false]
    })
    expect(noted).toEqual([
      ['at_1', CENT, true],
      ['at_1', 2n * CENT, true],
      ['at_2', CENT, false],
    ])
    await reservation.settle(closedWith(usageRow('at_1', CENT), usageRow('at_2', CENT, { attempt: 2 })))
  } finally {
    rmSync(directory, { recursive: true })
  }
})

describe('a top-up', () => {
  test('makes the hold larger at once when this instance has the money', async () => {
    const { reserve } = await setup(budgetsOf({ limit: 100n * DOLLAR }))
    await (await reserve(DOLLAR)).settle(closedWith(usageRow('at_1', CENT)))
    const reservation = await reserve(CENT)
    expect(reservation.topUp(usd(CENT))).toBe(true)
    expect(reservation.held.usd).toBe(2n * CENT)
  })

  test('borrows what is missing, and says no when the budget has no more', async () => {
    const { reserve, state } = await setup(budgetsOf({ limit: 10n * CENT }))
    const reservation = await reserve(4n * CENT)
    expect(await reservation.topUp(usd(6n * CENT))).toBe(true)
    expect(await reservation.topUp(usd(1n))).toBe(false)
    expect(reservation.held.usd).toBe(10n * CENT)
    await reservation.settle(closedWith(usageRow('at_1', 10n * CENT)))
    expect(await state()).toMatchObject({ posted: 10n * CENT, sliced: 0n })
  })

  test('is taken on every budget or on none', async () => {
    const { reserve, storage } = await setup(budgetsOf({ limit: 10n * CENT }, { limit: 5n * CENT, window: 'month' }))
    const reservation = await reserve(4n * CENT)
    expect(await reservation.topUp(usd(2n * CENT))).toBe(false)
    expect(reservation.held.usd).toBe(4n * CENT)
    await reservation.settle(closedWith(usageRow('at_1', 4n * CENT)))
    for (const state of await storage.ledger.budgets()) expect(state.posted).toBe(4n * CENT)
  })

  test('of several that wait, the oldest exchange is served first, and before new calls', async () => {
    const { reserve } = await setup(budgetsOf({ limit: 10n * CENT }))
    const [old, young] = [await reserve(3n * CENT), await reserve(3n * CENT)]
    const order: string[] = []
    const note = (name: string) => (served: unknown) => void (served === false || order.push(name))
    await Promise.allSettled([
      outcome(reserve(4n * CENT)).then((got) => got === 'taken' && order.push('new')),
      Promise.resolve(young.topUp(usd(4n * CENT))).then(note('young')),
      Promise.resolve(old.topUp(usd(3n * CENT))).then(note('old')),
    ])
    expect(order).toEqual(['old'])
  })

  test('that still waits when its exchange is settled is not had, and holds nothing afterwards', async () => {
    const lend = Promise.withResolvers<void>()
    let asked = 0
    const { reserve, money, state } = await setup(budgetsOf({ limit: 10n * CENT }), (store) => ({
      async growSlices(instanceId, requests) {
        asked += 1
        if (asked === 2) await lend.promise
        return store.growSlices(instanceId, requests)
      },
    }))
    const reservation = await reserve(4n * CENT)
    const waiting = Promise.resolve(reservation.topUp(usd(6n * CENT)))
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    lend.resolve()
    expect(await waiting).toBe(false)
    await money.close()
    expect(await state()).toMatchObject({ posted: CENT, sliced: 0n })
  })

  test('of an exchange that is settled, or with a ledger that is away, is not had', async () => {
    const { reserve, money } = await setup(budgetsOf({ limit: DOLLAR }))
    const reservation = await reserve(CENT)
    const settling = reservation.settle(closedWith(usageRow('at_1', CENT)))
    expect(reservation.topUp(usd(1n))).toBe(false)
    await settling
    const late = await reserve(CENT)
    await money.close()
    expect(late.topUp(usd(1n))).toBe(false)
  })
})

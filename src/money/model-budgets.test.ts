import { afterEach, describe, expect, test } from 'vitest'
import { ONE_UNIT, wholeUnits } from '../canonical/amounts.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { BudgetPolicy } from './budget-source.ts'
import { CENT, callContext, closedWith, TestBudgets, usageRow, usd } from './money.contract.ts'
import { TestRooms } from './money-room.contract.ts'
import type { CallTarget } from './reservation.ts'

const rooms = new TestRooms()
afterEach(() => rooms.closeAll())

const LARGE: CallTarget = { logicalName: 'large', deployment: { id: 'openai/gpt-4o', model: 'gpt-4o' } }
const SMALL: CallTarget = { logicalName: 'small', deployment: { id: 'openai/mini', model: 'mini' } }
const perModel = (limit: NanoUsd, changes: Partial<BudgetPolicy> = {}): BudgetPolicy => ({
  per: 'model',
  unit: 'usd',
  limit,
  window: 'day',
  match: [],
  ...changes,
})

async function setup(list: readonly BudgetPolicy[]) {
  const budgets = Object.assign(TestBudgets.daily(100n * CENT), { list })
  const room = await rooms.open({ budgets })
  const reserve = (target: CallTarget, worstCase: NanoUsd, requests = 0n) =>
    room.money.reserve({
      traceId: 't',
      keyId: null,
      context: callContext('acme'),
      target,
      worstCase: { ...usd(worstCase), requests },
    })
  const posted = async () =>
    Object.fromEntries((await room.storage.ledger.budgets()).map(({ key, posted: sum }) => [key, sum]))
  return { ...room, reserve, posted }
}

describe('budgets of models', () => {
  test('a call is in the budget of the model that serves it, and in no other', async () => {
    const { reserve, posted } = await setup([perModel(10n * CENT)])
    await (await reserve(LARGE, CENT)).settle(closedWith(usageRow('at_1', CENT)))
    expect(await posted()).toEqual({ 'tenant=acme/usd/day': CENT, 'model=gpt-4o/usd/day': CENT })
  })

  test('a refusal says that another model would be in another budget', async () => {
    const { reserve } = await setup([perModel(CENT)])
    await expect(reserve(LARGE, 2n * CENT)).rejects.toMatchObject({ code: 'budget_exceeded', ofModel: true })
    const roomy = await setup([perModel(1_000n * CENT)])
    await expect(roomy.reserve(LARGE, 200n * CENT)).rejects.toMatchObject({ code: 'budget_exceeded', ofModel: false })
  })

  test('each attempt is paid by the budgets of its model, and counted once in those of all', async () => {
    const { reserve, posted } = await setup([
      perModel(10n * CENT),
      perModel(wholeUnits(10), { unit: 'requests' }),
      perModel(wholeUnits(10), { per: 'total', unit: 'requests', window: 'month' }),
    ])
    const reservation = await reserve(LARGE, 3n * CENT, ONE_UNIT)
    reservation.dispatch(usageRow('at_1', 3n * CENT, { status: 'presumed_spent' }))
    expect(await reservation.cover(SMALL, { usd: 5n * CENT, tokens: 0n, requests: ONE_UNIT })).toBe(true)
    expect(reservation.held.usd).toBe(5n * CENT)
    reservation.dispatch(usageRow('at_2', 2n * CENT, { attempt: 2, status: 'presumed_spent' }))
    const rows = [usageRow('at_1', CENT, { status: 'failed' }), usageRow('at_2', 2n * CENT, { attempt: 2 })]
    await reservation.settle(closedWith(...rows))
    expect(await posted()).toEqual({
      'tenant=acme/usd/day': 3n * CENT,
      'model=gpt-4o/usd/day': CENT,
      'model=gpt-4o/requests/day': ONE_UNIT,
      'model=mini/usd/day': 2n * CENT,
      'model=mini/requests/day': ONE_UNIT,
      'total/requests/month': ONE_UNIT,
    })
    for (const { sliced, posted: sum, limit } of await (await setup([])).storage.ledger.budgets()) {
      expect(sum + sliced).toBeLessThanOrEqual(limit)
    }
  })

  test('what earlier attempts used is covered beside the next one, or the next one is not made', async () => {
    const { reserve, state } = await setup([])
    const reservation = await reserve(LARGE, 60n * CENT)
    expect(await reservation.cover(LARGE, usd(60n * CENT))).toBe(true)
    expect(await reservation.cover(SMALL, usd(101n * CENT))).toBe(false)
    expect(await reservation.cover(SMALL, usd(100n * CENT))).toBe(true)
    expect((await state())?.sliced).toBe(100n * CENT)
  })

  test('a model whose budget is used up, or closed, does not take over; the next one may', async () => {
    const list = [
      perModel(0n, { match: [{ field: 'model', values: ['small'] }] }),
      perModel(CENT, { match: [{ field: 'model', values: ['openai/tiny'] }] }),
    ]
    const { reserve, posted } = await setup(list)
    const reservation = await reserve(LARGE, CENT)
    reservation.dispatch(usageRow('at_1', CENT, { status: 'presumed_spent' }))
    expect(await reservation.cover(SMALL, usd(2n * CENT))).toBe(false)
    const tiny = { logicalName: 'tiny', deployment: { id: 'openai/tiny', model: 'tiny' } }
    expect(await reservation.cover(tiny, usd(2n * CENT))).toBe(false)
    const other = { logicalName: 'other', deployment: { id: 'openai/other', model: 'other' } }
    expect(await reservation.cover(other, usd(2n * CENT))).toBe(true)
    reservation.dispatch(usageRow('at_2', CENT, { attempt: 2, status: 'presumed_spent' }))
    const rows = [usageRow('at_1', CENT, { status: 'failed' }), usageRow('at_2', CENT, { attempt: 2 })]
    await reservation.settle(closedWith(...rows))
    const sums = await posted()
    expect(sums['tenant=acme/usd/day']).toBe(2n * CENT)
    expect(sums['model=tiny[model=openai%2Ftiny]/usd/day'] ?? 0n).toBe(0n)
  })

  test('a model that could not take over pays nothing', async () => {
    const { reserve, posted } = await setup([perModel(CENT)])
    const reservation = await reserve(LARGE, CENT)
    expect(await reservation.cover(SMALL, usd(2n * CENT))).toBe(false)
    reservation.dispatch(usageRow('at_1', CENT, { status: 'presumed_spent' }))
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    expect(await posted()).toEqual({
      'tenant=acme/usd/day': CENT,
      'model=gpt-4o/usd/day': CENT,
      'model=mini/usd/day': 0n,
    })
  })

  test('a stream that grows asks the budgets of the model that serves it now', async () => {
    const { reserve, storage } = await setup([perModel(10n * CENT)])
    const reservation = await reserve(LARGE, 9n * CENT)
    expect(await reservation.cover(SMALL, usd(2n * CENT))).toBe(true)
    expect(await reservation.topUp(usd(7n * CENT))).toBe(true)
    expect(await reservation.topUp(usd(2n * CENT))).toBe(false)
    const sliced = Object.fromEntries((await storage.ledger.budgets()).map((state) => [state.key, state.sliced]))
    expect(sliced['model=gpt-4o/usd/day']).toBeLessThan(10n * CENT)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
  })

  test('of two attempts that run at once, each is paid by the budgets of its own model, whichever grows', async () => {
    const { reserve, storage, posted } = await setup([perModel(10n * CENT)])
    const reservation = await reserve(LARGE, 4n * CENT)
    reservation.dispatch(usageRow('at_1', 2n * CENT, { status: 'presumed_spent' }))
    expect(await reservation.cover(SMALL, usd(4n * CENT))).toBe(true)
    reservation.dispatch(usageRow('at_2', 2n * CENT, { attempt: 2, status: 'presumed_spent' }))
    expect(await reservation.topUp(usd(5n * CENT), 'at_1')).toBe(true)
    reservation.dispatch(usageRow('at_1', 7n * CENT, { status: 'presumed_spent' }))
    const sliced = Object.fromEntries((await storage.ledger.budgets()).map((state) => [state.key, state.sliced]))
    expect(sliced['model=gpt-4o/usd/day']).toBeGreaterThanOrEqual(9n * CENT)
    expect(await reservation.topUp(usd(2n * CENT), 'at_1')).toBe(false)
    await reservation.settle(closedWith(usageRow('at_1', 7n * CENT), usageRow('at_2', CENT, { attempt: 2 })))
    expect(await posted()).toEqual({
      'tenant=acme/usd/day': 8n * CENT,
      'model=gpt-4o/usd/day': 7n * CENT,
      'model=mini/usd/day': CENT,
    })
  })

  test('is not asked for more once the exchange is over', async () => {
    const { reserve } = await setup([perModel(10n * CENT)])
    const reservation = await reserve(LARGE, CENT)
    const settling = reservation.settle(closedWith(usageRow('at_1', CENT)))
    expect(reservation.cover(SMALL, usd(CENT))).toBe(false)
    await settling
  })
})

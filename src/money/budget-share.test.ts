import { afterEach, expect, test } from 'vitest'
import type { CallBudget } from './budget.ts'
import { fullestShare } from './budget-share.ts'
import { callContext, closedWith, DOLLAR, usageRow } from './money.contract.ts'
import { TestRooms } from './money-room.contract.ts'

const rooms = new TestRooms()
afterEach(() => rooms.closeAll())

function budget(key: string, limit: bigint): CallBudget {
  const window = { key, windowId: 'w', unit: 'usd', limit, endsAt: 0 } as const
  return { window, name: key, startsAt: 0, subject: '', kind: 'day', zone: 'UTC', ofModel: false }
}

const USED: Readonly<Record<string, bigint>> = { a: 50n, b: 90n, c: 200n }
const share = (...budgets: CallBudget[]) => fullestShare(budgets, ({ key }) => USED[key] ?? null)

test('the fullest budget counts, whatever its unit', () => {
  expect(share(budget('a', 100n), budget('b', 100n))).toBe(0.9)
  expect(share(budget('b', 1_000n), budget('a', 100n))).toBe(0.5)
})

test('a call in no budget has no share; one of which nothing is known is untouched; one of nothing is used up', () => {
  expect(share()).toBeNull()
  expect(share(budget('x', 100n))).toBe(0)
  expect(share(budget('x', 0n))).toBe(1)
})

test('never more than all of it', () => {
  expect(share(budget('c', 100n))).toBe(1)
})

test('what is held counts as used until it is settled, and then what was spent', async () => {
  const { money, reserve } = await rooms.open()
  const call = { context: callContext('acme'), keyId: null }
  expect(money.budgetUsed(call)).toBe(0)
  const reservation = await reserve(DOLLAR / 2n)
  expect(money.budgetUsed(call)).toBe(0.5)
  await reservation.settle(closedWith(usageRow('at_1', DOLLAR / 4n)))
  expect(money.budgetUsed(call)).toBe(0.25)
})

import { afterEach, expect, test } from 'vitest'
import { CENT, callContext, closedWith, TestBudgets, usageRow, usd } from './money.contract.ts'
import { type RoomOptions, TestRooms } from './money-room.contract.ts'
import type { Money, Reservation } from './reservation.ts'

const rooms = new TestRooms()
afterEach(() => rooms.closeAll())

async function open(options: RoomOptions = {}) {
  const room = await rooms.open(options)
  return { ...room, now: (worstCase: bigint) => reserveNow(room.money, worstCase) }
}

function reserveNow(money: Money, worstCase: bigint): Reservation | null {
  return money.reserveNow({ traceId: 't', keyId: null, context: callContext('acme'), worstCase: usd(worstCase) })
}

test('money that is here is held on the spot, and what is not here is not', async () => {
  const room = await open()
  expect(room.now(CENT)).toBeNull()
  await room.reserve(CENT)
  const held = room.now(CENT)
  expect(held?.held.usd).toBe(CENT)
  expect(room.now(99n * CENT)).toBeNull()
  // Nothing was held by those who got nothing: the rest of the dollar is there.
  expect(await room.reserve(98n * CENT)).toBeTruthy()
})

test('without a budget there is nothing to wait for', async () => {
  const room = await open({ budgets: new TestBudgets() })
  expect(room.now(CENT)).not.toBeNull()
})

test('a budget of nothing and a closed room hold nothing on the spot', async () => {
  const nothing = await open({ budgets: TestBudgets.daily(0n) })
  expect(nothing.now(0n)).toBeNull()
  const room = await open()
  await (await room.reserve(CENT)).settle(closedWith(usageRow('at1', CENT)))
  expect(room.now(0n)).not.toBeNull()
  void room.money.close()
  expect(room.now(0n)).toBeNull()
})

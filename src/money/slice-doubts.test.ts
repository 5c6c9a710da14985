import { afterEach, describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { CENT, closedWith, usageRow } from './money.contract.ts'
import { outcome, TestRooms, unavailable } from './money-room.contract.ts'

/*
 * What becomes of money when the store's answer is lost, while the instance lives on.
 */

const rooms = new TestRooms()
afterEach(() => rooms.closeAll())

const lost = () => Promise.reject(new GatewayError('ledger_unavailable', 'The answer was lost.'))

/** A store of which so many answers are lost: of questions that it carries out, or not. */
function losing(method: 'growSlices' | 'returnSlices', answers: number, carriesOut: boolean) {
  let left = answers
  return (store: LedgerStore): Partial<LedgerStore> => ({
    async [method](...asked: Parameters<LedgerStore[typeof method]>) {
      const ask = () => (store[method] as (...given: typeof asked) => Promise<unknown>)(...asked)
      if (left === 0) return ask()
      left -= 1
      if (carriesOut) await ask()
      return carriesOut ? lost() : unavailable()
    },
  })
}

const SWEEPING = { sweepMs: 2, probeMs: 2 }

describe('money of an instance that lives', () => {
  test.each([true, false])(
    'is not lent for good when the answer to a return is lost, carried out: %s',
    async (done) => {
      const { reserve, clock, state } = await rooms.open({ change: losing('returnSlices', 1, done), timings: SWEEPING })
      await (await reserve(CENT)).settle(closedWith(usageRow('at_1', 0n)))
      expect((await state())?.sliced).toBeGreaterThan(0n)
      clock.advance(6_000)
      await expect.poll(async () => (await state())?.sliced).toBe(0n)
    },
  )

  test('is not lent for good when the answer to a loan is lost', async () => {
    const { reserve, state } = await rooms.open({ change: losing('growSlices', 1, true), timings: SWEEPING })
    expect(await outcome(reserve(CENT))).toBe('ledger_unavailable')
    await expect.poll(async () => (await state())?.sliced).toBe(0n)
  })

  test('is not lent for good when the store carries a loan out only after its answer was given up', async () => {
    let late = async (): Promise<unknown> => undefined
    const { reserve, clock, state } = await rooms.open({
      change: (store) => {
        let asked = false
        return {
          growSlices: (...loan) => {
            if (asked) return store.growSlices(...loan)
            asked = true
            late = () => store.growSlices(...loan)
            return lost()
          },
        }
      },
      timings: SWEEPING,
    })
    expect(await outcome(reserve(CENT))).toBe('ledger_unavailable')
    await late()
    expect((await state())?.sliced).toBeGreaterThan(0n)
    await expect.poll(async () => (await state())?.sliced).toBe(0n)
    clock.advance(20_000)
    await expect.poll(() => outcome(reserve(CENT))).toBe('taken')
  })

  test('is not taken away from calls that hold it, nor from a loan that is under way', async () => {
    const gate = Promise.withResolvers<void>()
    const kept: string[] = []
    const lose = losing('growSlices', 1, true)
    const { reserve, state } = await rooms.open({
      change: (store) => {
        const first = lose(store).growSlices ?? store.growSlices
        let loans = 0
        return {
          async growSlices(...loan) {
            loans += 1
            const grants = await first(...loan)
            if (loans === 2) await gate.promise
            return grants
          },
          async keepSlices(...told) {
            kept.push(loans === 2 ? 'while a loan was under way' : 'at rest')
            await store.keepSlices(...told)
          },
        }
      },
      timings: { ...SWEEPING, holdWaitMs: 5_000 },
    })
    expect(await outcome(reserve(CENT))).toBe('ledger_unavailable')
    await expect.poll(() => outcome(reserve(0n))).toBe('taken')
    const second = reserve(CENT)
    await expect.poll(async () => (await state())?.sliced).toBeGreaterThan(0n)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const before = kept.filter((when) => when === 'while a loan was under way').length
    gate.resolve()
    const reservation = await second
    await expect.poll(() => kept.length).toBeGreaterThan(before + 1)
    expect((await state())?.sliced).toBeGreaterThanOrEqual(CENT)
    await reservation.settle(closedWith(usageRow('at_1', CENT)))
    expect(before).toBe(0)
    expect((await state())?.posted).toBe(CENT)
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import { CENT, closedWith, TestBudgets, usageRow } from './money.contract.ts'
import { outcome, type RoomOptions, TestRooms, unavailable } from './money-room.contract.ts'

const rooms = new TestRooms()
const setup = (options?: RoomOptions) => rooms.open(options)

afterEach(() => rooms.closeAll())

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
        pulse: (id) => (down ? unavailable() : store.pulse(id)),
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
      change: (store) => ({ pulse: (id) => (down ? unavailable() : store.pulse(id)) }),
    })
    await reserve(CENT)
    down = true
    await expect.poll(() => outcome(reserve(1n))).toBe('ledger_unavailable')
  })

  test('one answer that does not come is no outage: calls wait until the ledger was asked again', async () => {
    const asked: string[] = []
    const again = Promise.withResolvers<void>()
    let slow = false
    const { reserve } = await setup({
      timings: { probeMs: 5, heartbeatMs: 60_000, holdWaitMs: 60_000 },
      change: (store) => ({
        heartbeat: async (id) => {
          if (slow) await again.promise
          return store.heartbeat(id)
        },
        pulse: async (id) => {
          if (!slow) return store.pulse(id)
          asked.push(id)
          if (asked.length === 1) return unavailable()
          await again.promise
          return store.pulse(id)
        },
      }),
    })
    await reserve(CENT)
    slow = true
    await expect.poll(() => asked.length).toBeGreaterThan(1)
    const waiting = outcome(reserve(1n))
    expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 20, 'waits'))])).toBe('waits')
    again.resolve()
    expect(await waiting).toBe('taken')
  })

  test('an instance that was silent for too long asks before it spends, and starts again when it was buried', async () => {
    const { reserve, storage, clock, state } = await setup({
      budgets: TestBudgets.daily(10n * CENT),
      timings: { leaseMs: 30_000 },
    })
    const running = await reserve(4n * CENT)
    clock.advance(60_000)
    for (const dead of await storage.ledger.deadInstances(30_000)) await storage.ledger.buryInstance(dead, [])
    expect(await outcome(reserve(CENT))).toBe('taken')
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
    const { reserve, clock } = await setup({ timings: { sweepMs: 2 }, change: () => ({ returnSlices: unavailable }) })
    await (await reserve(CENT)).settle(closedWith(usageRow('at_1', CENT)))
    clock.advance(20_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await expect.poll(() => outcome(reserve(CENT))).toBe('taken')
  })
})

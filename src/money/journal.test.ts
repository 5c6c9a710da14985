import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dispatchDirectory } from './dispatch-directory.ts'
import { FileWatch } from './file-watch.ts'
import { thisHost } from './host.ts'
import { CENT, closedWith, TestBudgets, usageRow, usd } from './money.contract.ts'
import { SILENT } from './money-log.ts'
import { outcome, type RoomOptions, TestRooms, unavailable } from './money-room.contract.ts'
import { recover } from './recover.ts'

const rooms = new TestRooms()
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-journal-'))
})
afterEach(async () => {
  await rooms.closeAll()
  await rm(directory, { recursive: true, force: true })
})

/** A room whose ledger can be unplugged, with five cents a day, all of which are borrowed. */
async function setup(changes: Partial<RoomOptions> = {}) {
  const plug = { out: false }
  const room = await rooms.open({
    budgets: TestBudgets.daily(5n * CENT),
    dispatchDir: directory,
    onOutage: 'journal',
    timings: { probeMs: 2, heartbeatMs: 0, settleWaitMs: 60_000 },
    change: (store) =>
      Object.fromEntries(
        Object.entries(store).map(([name, method]) => [
          name,
          (...args: readonly unknown[]) =>
            plug.out ? unavailable() : (method as (...a: readonly unknown[]) => unknown)(...args),
        ]),
      ),
    ...changes,
  })
  const idle = await room.reserve(5n * CENT)
  await idle.settle(closedWith(usageRow('at_first', 0n)))
  /** From here on the ledger is away, and that is known. */
  const unplug = async (): Promise<void> => {
    plug.out = true
    await expect.poll(() => outcome(room.reserve(9n * CENT))).toBe('ledger_unavailable')
  }
  const plugIn = (): void => {
    plug.out = false
  }
  return { ...room, unplug, plugIn }
}

/** Looks as the next process on this machine would, after this one was killed. */
const nextProcess = ({ storage }: Awaited<ReturnType<typeof setup>>) =>
  recover({
    store: storage.ledger,
    directory: dispatchDirectory(directory),
    instanceId: 'next',
    host: { ...thisHost(), self: { pid: 1, startedAt: null }, isAlive: () => false },
    leaseMs: 30_000,
    watch: new FileWatch(() => 0),
    log: SILENT,
  })

describe('journal, while the ledger is away', () => {
  test('calls go on within what is borrowed, and no further', async () => {
    const { reserve, unplug } = await setup()
    await unplug()
    const results = await Promise.all(Array.from({ length: 8 }, () => outcome(reserve(CENT))))
    expect(results.filter((one) => one === 'taken')).toHaveLength(5)
    expect(results.filter((one) => one === 'ledger_unavailable')).toHaveLength(3)
  })

  test('a settlement is on the disk when its caller hears, what it did not need is free, and the ledger gets it later', async () => {
    const { reserve, unplug, plugIn, state, rows } = await setup()
    await unplug()
    const reservation = await reserve(5n * CENT)
    reservation.dispatch(usageRow('at_1', 5n * CENT, { status: 'presumed_spent' }))
    await reservation.settle(closedWith(usageRow('at_1', 2n * CENT)))
    const text = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
    expect(text.join('')).toContain('"settlement"')
    expect(await outcome(reserve(4n * CENT))).toBe('ledger_unavailable')
    const next = await reserve(3n * CENT)
    await next.settle(closedWith(usageRow('at_2', 3n * CENT)))
    expect(await outcome(reserve(1n))).toBe('ledger_unavailable')
    plugIn()
    await expect.poll(async () => (await state())?.posted).toBe(5n * CENT)
    expect((await rows()).map(({ id, status }) => [id, status]).sort()).toEqual([
      ['at_1', 'completed'],
      ['at_2', 'completed'],
      ['at_first', 'completed'],
    ])
    await expect.poll(() => outcome(reserve(1n))).toBe('budget_exceeded')
  })

  test('a crash loses no settlement whose caller heard of it, and books what was under way at its bound', async () => {
    const room = await setup()
    await room.unplug()
    const heard = await room.reserve(2n * CENT)
    heard.dispatch(usageRow('at_1', 2n * CENT, { status: 'presumed_spent' }))
    await heard.settle(closedWith(usageRow('at_1', CENT)))
    const running = await room.reserve(3n * CENT)
    running.dispatch(usageRow('at_2', 3n * CENT, { status: 'presumed_spent' }))
    await nextProcess(room)
    expect((await room.rows()).map(({ id, status, cost }) => [id, status, cost]).sort()).toEqual([
      ['at_1', 'completed', CENT],
      ['at_2', 'presumed_spent', 3n * CENT],
      ['at_first', 'completed', 0n],
    ])
    expect(await room.state()).toMatchObject({ posted: 4n * CENT, sliced: 0n })
  })

  test('whoever was taken for dead all the same tells the truth later, and nothing is booked twice', async () => {
    const room = await setup()
    await room.unplug()
    const running = await room.reserve(3n * CENT)
    running.dispatch(usageRow('at_1', 3n * CENT, { status: 'presumed_spent' }))
    await nextProcess(room)
    expect(await room.state()).toMatchObject({ posted: 3n * CENT, sliced: 0n })
    await running.settle(closedWith(usageRow('at_1', CENT)))
    room.plugIn()
    await expect.poll(async () => (await room.state())?.posted).toBe(CENT)
    const { rows } = await room.storage.reader.adjustments({ limit: 10, usageId: 'at_1' })
    expect(rows.map(({ amount }) => amount)).toEqual([2n * CENT, 2n * CENT])
    expect((await room.rows()).filter(({ id }) => id === 'at_1')).toHaveLength(1)
  })

  test('no call is taken once others may take this instance for dead', async () => {
    const { reserve, unplug, clock } = await setup()
    await unplug()
    expect(await outcome(reserve(CENT))).toBe('taken')
    clock.advance(24_001)
    expect(await outcome(reserve(CENT))).toBe('ledger_unavailable')
  })

  test('a running call gets more from what is borrowed, and hears no at once when that is not enough', async () => {
    const { reserve, unplug } = await setup()
    await unplug()
    const reservation = await reserve(CENT)
    expect(reservation.topUp(usd(4n * CENT))).toBe(true)
    expect(reservation.topUp(usd(1n))).toBe(false)
  })

  test('nothing is given back to a ledger that cannot hear it', async () => {
    const { reserve, unplug, clock } = await setup({
      timings: { probeMs: 2, heartbeatMs: 0, sweepMs: 1, leaseMs: 600_000 },
    })
    await unplug()
    clock.advance(120_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(await outcome(reserve(5n * CENT))).toBe('taken')
  })

  test('it is prepared: what a busy budget needs for a while is borrowed ahead, a tenth of it at most', async () => {
    const { reserve, clock, state } = await setup({ budgets: TestBudgets.daily(1_000n * CENT) })
    for (let number = 0; number < 20; number += 1) {
      await (await reserve(CENT)).settle(closedWith(usageRow(`at_${number}`, CENT)))
      clock.advance(100)
    }
    await expect.poll(async () => (await state())?.sliced ?? 0n).toBeGreaterThan(45n * CENT)
    expect((await state())?.sliced).toBeLessThanOrEqual(100n * CENT)
  })

  test('it needs a place for its files: without one calls are refused', async () => {
    const { reserve, unplug } = await setup({ dispatchDir: null })
    await unplug()
    expect(await outcome(reserve(CENT))).toBe('ledger_unavailable')
  })
})

test('by default no call is taken while the ledger is away, and nobody waits for the refusal to be recorded', async () => {
  const { money, reserve, unplug, plugIn, rows } = await setup({ onOutage: 'refuse' })
  await unplug()
  expect(await outcome(reserve(CENT))).toBe('ledger_unavailable')
  await money.record(closedWith(usageRow('at_refused', 0n, { attempt: 0, status: 'refused' })))
  plugIn()
  await expect.poll(async () => (await rows()).some(({ id }) => id === 'at_refused')).toBe(true)
})

import { describe, expect, test } from 'vitest'
import type { NanoUsd } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore, Settlement } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { type CallBudget, windowNameOf } from './budget.ts'
import type { Hold } from './hold.ts'
import { CENT, closedWith, DOLLAR, handClock, usageRow, usd } from './money.contract.ts'
import { SILENT } from './money-log.ts'
import { SliceBook } from './slice-book.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const HOUR = 3_600_000

function budget(key: string, limit: NanoUsd, endsAt = NOON + HOUR): CallBudget {
  const window = { key, windowId: `w:${endsAt}`, unit: 'usd', limit, endsAt } as const
  const name = windowNameOf(window)
  return { window, name, startsAt: endsAt - HOUR, subject: key, kind: 'day', zone: 'UTC', ofModel: false }
}

/** A store with two instances, `a` and `b`, and a slice book for each. */
async function setup(change: (store: LedgerStore) => Partial<LedgerStore> = () => ({})) {
  const clock = handClock(NOON)
  const { ledger } = openMemoryStorage({ clock })
  const calls: string[] = []
  const store: LedgerStore = {
    ...ledger,
    growSlices: (id, requests) => {
      calls.push(`grow ${requests.map((request) => request.window.key).join(' ')}`)
      return ledger.growSlices(id, requests)
    },
    returnSlices: (id, returns) => {
      for (const { window, amount } of returns) calls.push(`return ${window.key} ${amount}`)
      return ledger.returnSlices(id, returns)
    },
  }
  const bookOf = (instanceId: string): SliceBook =>
    new SliceBook({
      store: { ...store, ...change(store) },
      instanceId: () => instanceId,
      clock,
      waitMs: 200,
      patienceMs: 1_000,
      againMs: 5,
      refuse: (short, available, held, needed) =>
        new GatewayError('budget_exceeded', `${short.window.key} has ${available}, holds ${held}, needs ${needed}`),
      log: SILENT,
    })
  await store.registerInstance('a')
  await store.registerInstance('b')
  return {
    clock,
    store,
    calls,
    a: bookOf('a'),
    b: bookOf('b'),
    state: async (key: string) => (await store.budgets()).find((one) => one.key === key),
  }
}

const refusals = (results: readonly PromiseSettledResult<unknown>[]): readonly GatewayError[] =>
  results.flatMap((one) => (one.status === 'rejected' ? [one.reason as GatewayError] : []))
const close = (hold: Hold, spent: NanoUsd): void => hold.posted([spent])

describe('slices', () => {
  test('of 200 holds at once on money for 50, exactly 50 are taken, with a few questions to the store', async () => {
    const { a, calls, state } = await setup()
    const tenant = budget('tenant', 50n * CENT)
    const results = await Promise.allSettled(Array.from({ length: 200 }, async () => a.hold([tenant], usd(CENT))))
    expect(refusals(results)).toHaveLength(150)
    for (const error of refusals(results)) expect(error.code).toBe('budget_exceeded')
    expect(calls.length).toBeLessThanOrEqual(2)
    expect((await state('tenant'))?.sliced).toBe(50n * CENT)
  })

  test('the same when they come one after another, each finding the slice a little too small', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 50n * CENT)
    let taken = 0
    for (let count = 0; count < 200; count += 1) {
      try {
        await a.hold([tenant], usd(CENT))
        taken += 1
      } catch {
        // Refused: the money for 50 is held.
      }
    }
    expect(taken).toBe(50)
  })

  test('two instances share a budget to the last cent and never beyond', async () => {
    const { a, b, state } = await setup()
    const tenant = budget('tenant', 51n * CENT)
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, count) => (count % 2 === 0 ? a : b).hold([tenant], usd(CENT))),
    )
    expect(200 - refusals(results).length).toBe(51)
    expect((await state('tenant'))?.sliced).toBe(51n * CENT)
  })

  test('who still waits when the book is closed holds nothing, though the store lent it meanwhile', async () => {
    const lent = Promise.withResolvers<void>()
    const { a, store } = await setup((ledger) => ({
      growSlices: (id, requests) => ledger.growSlices(id, requests).finally(() => lent.promise),
    }))
    const waits = Promise.allSettled([a.hold([budget('tenant', CENT)], usd(CENT))])
    await new Promise((resolve) => setImmediate(resolve))
    await a.close()
    await store.buryInstance('a', [])
    lent.resolve()
    expect(refusals(await waits)).toMatchObject([{ message: expect.stringContaining('shutting down') }])
    expect(a.held).toBe(0n)
  })

  test('a slice that has enough is used without asking the store', async () => {
    const { a, calls } = await setup()
    const tenant = budget('tenant', 100n * DOLLAR)
    close(await a.hold([tenant], usd(CENT)), CENT / 2n)
    const asked = calls.length
    const hold = a.hold([tenant], usd(CENT))
    expect(hold).not.toBeInstanceOf(Promise)
    expect(calls).toHaveLength(asked)
  })

  test('what a call did not need is free when its cost is posted', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const hold = await a.hold([tenant], usd(10n * CENT))
    await expect(a.hold([tenant], usd(CENT))).rejects.toThrow('tenant has 0')
    hold.posted([3n * CENT])
    const second = a.hold([tenant], usd(7n * CENT))
    expect(second).not.toBeInstanceOf(Promise)
    await expect(a.hold([tenant], usd(1n))).rejects.toThrow('tenant has 0')
  })

  test('a refusal on one budget takes nothing from the others', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const user = budget('user', CENT)
    await expect(a.hold([tenant, user], usd(2n * CENT))).rejects.toThrow('user has')
    expect(a.held).toBe(0n)
    const results = await Promise.allSettled(Array.from({ length: 20 }, async () => a.hold([tenant], usd(CENT))))
    expect(20 - refusals(results).length).toBe(10)
  })

  test('of several budgets that are short, the one that stays so for longest is named', async () => {
    const { a } = await setup()
    const day = budget('day', CENT, NOON + HOUR)
    const month = budget('month', CENT, NOON + 100 * HOUR)
    const minute = budget('minute', DOLLAR, NOON + 1000 * HOUR)
    await expect(a.hold([day, minute, month], usd(2n * CENT))).rejects.toThrow('month has')
    await expect(a.hold([month, minute, day], usd(2n * CENT))).rejects.toThrow('month has')
  })

  test('a large call that does not fit does not keep out a small one that does', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 5n * CENT)
    const results = await Promise.allSettled(
      [10n, 3n, 4n, 2n].map(async (cents) => a.hold([tenant], usd(cents * CENT))),
    )
    expect(results.map((one) => one.status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
  })

  test('near the limit a slice is small, so that others find the rest', async () => {
    const { a, b } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    for (let count = 0; count < 90; count += 1) close(await a.hold([tenant], usd(CENT)), CENT)
    const results = await Promise.allSettled(Array.from({ length: 10 }, async () => b.hold([tenant], usd(CENT))))
    expect(10 - refusals(results).length).toBeGreaterThanOrEqual(8)
  })

  test('what costs nothing is held even when the budget is spent', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', CENT)
    close(await a.hold([tenant], usd(CENT)), CENT)
    expect(a.hold([tenant], usd(0n))).not.toBeInstanceOf(Promise)
  })

  test('a call that cost more than it held is covered before the next is taken', async () => {
    const { a, store, state } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const hold = await a.hold([tenant], usd(CENT))
    await store.settle('a', [settlementOf(tenant, 4n * CENT)])
    hold.posted([4n * CENT])
    expect(await state('tenant')).toMatchObject({ posted: 4n * CENT })
    const results = await Promise.allSettled(Array.from({ length: 10 }, async () => a.hold([tenant], usd(CENT))))
    expect(10 - refusals(results).length).toBe(6)
  })

  test('what costs nothing is held while the cost of others is not covered', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const [first] = await Promise.all([a.hold([tenant], usd(5n * CENT)), a.hold([tenant], usd(5n * CENT))])
    first.posted([9n * CENT])
    expect(a.hold([tenant], usd(0n))).not.toBeInstanceOf(Promise)
    await expect(a.hold([tenant], usd(1n))).rejects.toMatchObject({ code: 'budget_exceeded' })
  })

  test('idle money goes back, and a past window gives back everything', async () => {
    const { a, clock, state } = await setup()
    const tenant = budget('tenant', 100n * DOLLAR)
    close(await a.hold([tenant], usd(CENT)), 0n)
    expect((await state('tenant'))?.sliced).toBeGreaterThan(0n)
    clock.advance(60_000)
    await a.sweep()
    expect((await state('tenant'))?.sliced).toBe(0n)
    expect(a.used(tenant.window)).toBe(0n)

    const hold = await a.hold([tenant], usd(CENT))
    clock.advance(HOUR)
    await a.sweep()
    expect((await state('tenant'))?.sliced).toBe(CENT)
    hold.posted([0n])
    await a.sweep()
    expect(await state('tenant')).toBeUndefined()
  })

  test('a call that holds nothing yet may come for more after everything was swept', async () => {
    const { a, clock, state } = await setup()
    const tenant = budget('tenant', DOLLAR)
    const early = await a.hold([tenant], usd(0n))
    clock.advance(10_000)
    await a.sweep()
    const late = await a.hold([tenant], usd(CENT))
    expect(await a.extend([tenant], { hold: early, rank: 1 }, [DOLLAR / 2n])).toBe(true)
    close(late, 0n)
    close(early, 0n)
    clock.advance(10_000)
    await a.sweep()
    expect((await state('tenant'))?.sliced).toBe(0n)
  })

  test('the money of a past window goes back at once, though it was just in use', async () => {
    const { a, clock, calls } = await setup()
    const tenant = budget('tenant', 100n * DOLLAR)
    clock.advance(HOUR - 10)
    for (let count = 0; count < 5; count += 1) close(await a.hold([tenant], usd(DOLLAR)), DOLLAR / 2n)
    await a.sweep()
    calls.length = 0
    clock.advance(10)
    await a.sweep()
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatch(/^return tenant/)
  })

  test('a busy slice asks the store every second or two, not at every call', async () => {
    const { a, clock, calls } = await setup()
    const tenant = budget('tenant', 1000n * DOLLAR)
    for (let count = 0; count < 200; count += 1) {
      close(await a.hold([tenant], usd(10n * CENT)), 5n * CENT)
      clock.advance(100)
      if (count % 20 === 19) await a.sweep()
    }
    expect(calls.length).toBeLessThanOrEqual(25)
  })

  test('closing gives back everything that is not held, and takes no more holds', async () => {
    const { a, state } = await setup()
    const tenant = budget('tenant', 100n * DOLLAR)
    await a.hold([tenant], usd(CENT))
    await a.close()
    expect((await state('tenant'))?.sliced).toBe(CENT)
    expect(() => a.hold([tenant], usd(CENT))).toThrow(GatewayError)
  })

  test('a lowered limit counts for money that was lent before', async () => {
    const { a } = await setup()
    await a.hold([budget('tenant', 100n * CENT)], usd(10n * CENT))
    const lowered = budget('tenant', 12n * CENT)
    const results = await Promise.allSettled(Array.from({ length: 5 }, async () => a.hold([lowered], usd(CENT))))
    expect(5 - refusals(results).length).toBe(2)
    const raised = budget('tenant', 20n * CENT)
    await expect(a.hold([raised], usd(8n * CENT))).resolves.toBeDefined()
  })

  test('money that was handed back in doubt is not spent again', async () => {
    let broken = true
    const { a, clock, state } = await setup((store) => ({
      returnSlices: async (id, returns) => {
        await store.returnSlices(id, returns)
        if (broken) throw new GatewayError('ledger_unavailable', 'the answer was lost')
      },
    }))
    const tenant = budget('tenant', 10n * CENT)
    close(await a.hold([tenant], usd(10n * CENT)), 0n)
    clock.advance(60_000)
    await a.sweep()
    broken = false
    const results = await Promise.allSettled(Array.from({ length: 20 }, async () => a.hold([tenant], usd(CENT))))
    expect(20 - refusals(results).length).toBe(10)
    expect((await state('tenant'))?.sliced).toBe(10n * CENT)
  })

  test('a call waits for money that is on its way back', async () => {
    const { a, clock } = await setup((store) => ({
      returnSlices: async (id, returns) => {
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
        await store.returnSlices(id, returns)
      },
    }))
    const tenant = budget('tenant', 10n * CENT)
    close(await a.hold([tenant], usd(10n * CENT)), 0n)
    clock.advance(60_000)
    const sweeping = a.sweep()
    await expect(a.hold([tenant], usd(10n * CENT))).resolves.toBeDefined()
    await sweeping
  })

  test('who waits for a store that does not answer hears so, and the late loan is not lost', async () => {
    let answer = (): void => undefined
    const { a } = await setup((store) => ({
      growSlices: async (id, requests) => {
        const grants = await store.growSlices(id, requests)
        await new Promise<void>((resolve) => {
          answer = resolve
        })
        return grants
      },
    }))
    const tenant = budget('tenant', 10n * CENT)
    await expect(a.hold([tenant], usd(10n * CENT))).rejects.toMatchObject({ code: 'ledger_unavailable' })
    answer()
    await Promise.resolve()
    await Promise.resolve()
    await expect(Promise.resolve(a.hold([tenant], usd(10n * CENT)))).resolves.toBeDefined()
  })

  test('everybody who waits hears of a store that fails, and the next call asks again', async () => {
    let broken = true
    const { a } = await setup((store) => ({
      growSlices: (id, requests) => {
        if (broken) return Promise.reject(new Error('connection reset'))
        return store.growSlices(id, requests)
      },
    }))
    const tenant = budget('tenant', DOLLAR)
    const results = await Promise.allSettled([CENT, CENT].map(async (amount) => a.hold([tenant], usd(amount))))
    expect(refusals(results).map((error) => error.code)).toEqual(['ledger_unavailable', 'ledger_unavailable'])
    broken = false
    await expect(a.hold([tenant], usd(CENT))).resolves.toBeDefined()
  })

  test('after a burial nothing of the old slices is spent, and running calls are covered first', async () => {
    const { a, store } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const hold = await a.hold([tenant], usd(4n * CENT))
    await store.buryInstance('a', [])
    a.forget()
    await expect(a.hold([tenant], usd(CENT))).rejects.toMatchObject({ code: 'ledger_unavailable' })
    expect(a.held).toBe(4n * CENT)
    close(hold, 4n * CENT)
    expect(a.held).toBe(0n)
  })

  test('a loan that was asked for before a burial is void', async () => {
    let answer = (): void => undefined
    let asked = (): void => undefined
    const asking = new Promise<void>((resolve) => {
      asked = resolve
    })
    const { a, store } = await setup((store) => ({
      growSlices: async (id, requests) => {
        const grants = await store.growSlices(id, requests)
        await new Promise<void>((resolve) => {
          answer = resolve
          asked()
        })
        return grants
      },
    }))
    const tenant = budget('tenant', 10n * CENT)
    const late = Promise.resolve(a.hold([tenant], usd(10n * CENT)))
    await asking
    await store.buryInstance('a', [])
    a.forget()
    answer()
    await expect(late).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('a hold that is answered may at once be followed by another', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', DOLLAR)
    const chain = async (left: number): Promise<void> => {
      if (left === 0) return
      close(await a.hold([tenant], usd(60n * CENT)), 0n)
      await chain(left - 1)
    }
    await chain(20)
    expect(a.held).toBe(0n)
  })
})

function settlementOf({ window }: CallBudget, spent: NanoUsd): Settlement {
  return { ...closedWith(usageRow('row', spent)), postings: [{ window, spent }] }
}

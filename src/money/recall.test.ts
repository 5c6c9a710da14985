import { describe, expect, test } from 'vitest'
import type { NanoUsd } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LedgerStore } from '../storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { type CallBudget, windowNameOf } from './budget.ts'
import type { Hold } from './hold.ts'
import { CENT, handClock, usd } from './money.contract.ts'
import { SILENT } from './money-log.ts'
import { SliceBook } from './slice-book.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')

function budget(key: string, limit: NanoUsd): CallBudget {
  const window = { key, windowId: 'day:2026-11-21', unit: 'usd' as const, limit, endsAt: NOON + 3_600_000 }
  return {
    window,
    name: windowNameOf(window),
    startsAt: NOON,
    subject: key,
    kind: 'day',
    zone: 'UTC',
    ofModel: false,
  }
}

const refusal = (work: Hold | Promise<Hold>): Promise<string> =>
  Promise.resolve(work).then(
    () => 'taken',
    (error: GatewayError) => error.message,
  )

/** Two instances on one store, with a book each, and what both ask. */
async function setup({
  patienceMs = 60_000,
  againMs = 1,
  change = (_ledger: LedgerStore): Partial<LedgerStore> => ({}),
} = {}) {
  const clock = handClock(NOON)
  const { ledger } = openMemoryStorage({ clock })
  const store = { ...ledger, ...change(ledger) }
  let grows = 0
  const bookOf = (instanceId: string): SliceBook =>
    new SliceBook({
      store: {
        ...store,
        growSlices: (id, requests) => {
          grows += 1
          return store.growSlices(id, requests)
        },
      },
      instanceId: () => instanceId,
      clock,
      waitMs: 10_000,
      patienceMs,
      againMs,
      refuse: (short, available, held, needed) =>
        new GatewayError('budget_exceeded', `${short.window.key} has ${available}, holds ${held}, needs ${needed}`),
      log: SILENT,
    })
  const [a, b] = [bookOf('a'), bookOf('b')]
  await ledger.registerInstance('a')
  await ledger.registerInstance('b')
  /** What an instance does twice a second. */
  const pulse = async (name: 'a' | 'b'): Promise<number> => {
    const { recalls } = await store.pulse(name)
    await (name === 'a' ? a : b).recalled(recalls)
    return recalls.length
  }
  /** Until an instance has been asked for its money. */
  const isRecalled = async (name: 'a' | 'b'): Promise<void> => {
    while ((await store.pulse(name)).recalls.length === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { clock, store: ledger, a, b, pulse, isRecalled, grows: () => grows }
}

/** A hold of all that a budget has is posted at nothing: the whole of it lies idle in the slice. */
async function leaveIdle(book: SliceBook, tenant: CallBudget): Promise<void> {
  const hold = await book.hold([tenant], usd(tenant.window.limit))
  hold.posted([0n])
}

describe('idle money of another instance', () => {
  test('is called back by the one that is short, which is served to the last cent', async () => {
    const { a, b, pulse, isRecalled } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    await leaveIdle(a, tenant)
    const waiting = b.hold([tenant], usd(100n * CENT))
    await isRecalled('a')
    await pulse('a')
    expect((await waiting).held).toEqual([100n * CENT])
  })

  test('comes as far as it is free: what calls hold stays theirs', async () => {
    const { a, b, pulse, isRecalled } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    await leaveIdle(a, tenant)
    await a.hold([tenant], usd(30n * CENT))
    const served = b.hold([tenant], usd(70n * CENT))
    await isRecalled('a')
    await pulse('a')
    expect((await served).held).toEqual([70n * CENT])
    const short = b.hold([tenant], usd(1n))
    expect(await refusal(short)).toBe(`tenant has 0, holds ${70n * CENT}, needs 1`)
  })

  test('is not waited for once it is known to be in use', async () => {
    const { a, b, pulse, isRecalled, clock } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    await a.hold([tenant], usd(100n * CENT))
    const first = refusal(b.hold([tenant], usd(CENT)))
    await isRecalled('a')
    await pulse('a')
    expect(await first).toBe(`tenant has 0, holds 0, needs ${CENT}`)
    expect(await refusal(b.hold([tenant], usd(CENT)))).toContain('tenant has 0')
    expect(await pulse('a')).toBe(0)
    clock.advance(1_500)
    const later = refusal(b.hold([tenant], usd(CENT)))
    await isRecalled('a')
    await pulse('a')
    expect(await later).toContain('tenant has 0')
  })

  test('goes back at once when it comes free while somebody is short', async () => {
    const { a, b, pulse, isRecalled, store } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    const hold = await a.hold([tenant], usd(100n * CENT))
    const short = refusal(b.hold([tenant], usd(CENT)))
    await isRecalled('a')
    await pulse('a')
    await short
    await store.settle('a', [])
    hold.posted([0n])
    await new Promise((resolve) => setImmediate(resolve))
    expect(await store.budgets()).toMatchObject([{ sliced: 0n }])
  })

  test('is not taken to be in use for longer than its owner gives back at once', async () => {
    const { a, b, pulse, isRecalled, clock } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    const [early, late] = [await a.hold([tenant], usd(10n * CENT)), await a.hold([tenant], usd(90n * CENT))]
    const short = refusal(b.hold([tenant], usd(50n * CENT)))
    await isRecalled('a')
    await pulse('a')
    await short
    clock.advance(1_900)
    early.posted([0n])
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(200)
    late.posted([0n])
    const waiting = b.hold([tenant], usd(50n * CENT))
    await isRecalled('a')
    await pulse('a')
    expect((await waiting).held).toEqual([50n * CENT])
  })

  test('is called back for the second who waits too, though the loan for the first was no trouble', async () => {
    const { a, b, pulse, isRecalled } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const idle = await a.hold([tenant], usd(7n * CENT))
    idle.posted([0n])
    const first = b.hold([tenant], usd(CENT))
    const second = b.hold([tenant], usd(6n * CENT))
    await first
    await isRecalled('a')
    await pulse('a')
    expect((await second).held).toEqual([6n * CENT])
  })

  test('goes back when a call of its owner that waited for it has what it needs', async () => {
    let answer = (): void => undefined
    const { a, b, pulse, isRecalled, store } = await setup({
      change: (ledger) => ({
        growSlices: async (id, requests) => {
          const grants = await ledger.growSlices(id, requests)
          if (id === 'a' && requests[0]?.atLeast === 2n * CENT) await new Promise<void>((go) => (answer = go))
          return grants
        },
      }),
    })
    const tenant = budget('tenant', 10n * CENT)
    const hold = await a.hold([tenant], usd(6n * CENT))
    await b.hold([tenant], usd(2n * CENT))
    const short = refusal(b.hold([tenant], usd(3n * CENT)))
    await isRecalled('a')
    await pulse('a')
    await short
    const waiting = a.hold([tenant], usd(2n * CENT))
    await new Promise((resolve) => setImmediate(resolve))
    hold.posted([0n])
    answer()
    await waiting
    await new Promise((resolve) => setImmediate(resolve))
    // Of what the other instance borrowed a fifth of a cent is not in use.
    expect(await store.budgets()).toMatchObject([{ sliced: 4n * CENT + CENT / 5n }])
  })

  test('is waited for no longer than patience lasts when its owner does not answer', async () => {
    const { a, b, isRecalled } = await setup({ patienceMs: 20 })
    const tenant = budget('tenant', 100n * CENT)
    await leaveIdle(a, tenant)
    const waiting = refusal(b.hold([tenant], usd(CENT)))
    await isRecalled('a')
    expect(await waiting).toContain('tenant has 0')
  })

  test('of two that are short and have a part each, one is served', async () => {
    const { a, b, pulse, isRecalled } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const [ofA, ofB] = [await a.hold([tenant], usd(5n * CENT)), await b.hold([tenant], usd(4n * CENT))]
    ofA.posted([0n])
    ofB.posted([0n])
    const both = [refusal(a.hold([tenant], usd(10n * CENT))), refusal(b.hold([tenant], usd(10n * CENT)))]
    let open = 2
    const done = Promise.all(both.map((one) => one.finally(() => (open -= 1))))
    await Promise.race([isRecalled('a'), isRecalled('b')])
    while (open > 0) {
      await pulse('a')
      await pulse('b')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect((await done).filter((one) => one === 'taken')).toHaveLength(1)
  })

  test('makes no cushions while somebody is short', async () => {
    const { a, pulse, isRecalled, b, store } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    await leaveIdle(a, tenant)
    const waiting = b.hold([tenant], usd(60n * CENT))
    await isRecalled('a')
    await pulse('a')
    await waiting
    expect(await store.budgets()).toMatchObject([{ sliced: 60n * CENT }])
    await a.hold([tenant], usd(CENT))
    expect(await store.budgets()).toMatchObject([{ sliced: 61n * CENT }])
  })

  test('a recall of budgets that this instance knows nothing of is answered all the same', async () => {
    const { store, b, pulse, isRecalled } = await setup()
    const tenant = budget('tenant', 100n * CENT)
    await store.growSlices('a', [{ window: tenant.window, atLeast: CENT, wanted: 100n * CENT }])
    const waiting = refusal(b.hold([tenant], usd(CENT)))
    await isRecalled('a')
    expect(await pulse('a')).toBe(1)
    expect(await waiting).toContain('tenant has 0')
  })

  test('an answer that is lost costs the money, not the books', async () => {
    const { a, b, pulse, isRecalled } = await setup({
      patienceMs: 20,
      change: () => ({ answerRecall: () => Promise.reject(new GatewayError('ledger_unavailable', 'down')) }),
    })
    const tenant = budget('tenant', 100n * CENT)
    await leaveIdle(a, tenant)
    const waiting = refusal(b.hold([tenant], usd(CENT)))
    await isRecalled('a')
    await pulse('a')
    expect(await waiting).toContain('tenant has 0')
    expect(await refusal(a.hold([tenant], usd(CENT)))).toContain('tenant has 0')
  })
})

describe('calls of one instance in different budgets', () => {
  test('find what another question of their own instance brings', async () => {
    const answers: (() => void)[] = []
    const { a, store } = await setup({
      change: () => ({
        growSlices: async (id, requests) => {
          const grants = await store.growSlices(id, requests)
          await new Promise<void>((resolve) => answers.push(resolve))
          return grants
        },
      }),
    })
    const total = budget('total', 100n * CENT)
    const [one, other] = [budget('tenant=1', 1_000n * CENT), budget('tenant=2', 1_000n * CENT)]
    const first = a.hold([one, total], usd(60n * CENT))
    await new Promise((resolve) => setImmediate(resolve))
    const second = refusal(a.hold([other, total], usd(40n * CENT)))
    const third = refusal(a.hold([other, total], usd(41n * CENT)))
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve))
    // The later question is answered first, and has little to say: the earlier one has it all.
    answers.pop()?.()
    await new Promise((resolve) => setImmediate(resolve))
    const timer = setInterval(() => answers.shift()?.(), 1)
    expect((await first).held).toEqual([60n * CENT, 60n * CENT])
    expect([await second, await third].filter((told) => told === 'taken')).toHaveLength(1)
    clearInterval(timer)
  })
})

describe('running calls that are short', () => {
  test('wait for what others of their instance give back, the oldest first, and new calls wait behind them', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const [old, young, third] = [
      await a.hold([tenant], usd(3n * CENT)),
      await a.hold([tenant], usd(3n * CENT)),
      await a.hold([tenant], usd(4n * CENT)),
    ]
    const order: string[] = []
    const note = (name: string) => () => void order.push(name)
    const asks = [
      Promise.resolve(a.extend([tenant], { hold: young, rank: 2 }, [5n * CENT])).then(note('young')),
      Promise.resolve(a.extend([tenant], { hold: old, rank: 1 }, [2n * CENT])).then(note('old')),
    ]
    await new Promise((resolve) => setImmediate(resolve))
    const fresh = Promise.resolve(a.hold([tenant], usd(CENT))).then(note('new'), note('refused'))
    third.posted([2n * CENT])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(order).toEqual(['old'])
    old.posted([0n])
    await Promise.all([...asks, fresh])
    // There would have been enough for the new one, had it not stood behind the other.
    expect(order).toEqual(['old', 'young', 'refused'])
  })

  test('ask for the rest as soon as what they were short of comes free', async () => {
    const { a } = await setup({ againMs: 60_000 })
    const [own, total] = [budget('own', 10n * CENT), budget('total', 10n * CENT)]
    const large = await a.hold([total], usd(9n * CENT))
    const hold = await a.hold([own, total], usd(CENT))
    const more = a.extend([own, total], { hold, rank: 1 }, [5n * CENT, 5n * CENT])
    await new Promise((resolve) => setTimeout(resolve, 5))
    large.posted([0n])
    expect(await more).toBe(true)
    expect(hold.held).toEqual([6n * CENT, 6n * CENT])
  })

  test('leave to younger ones what they wait for in vain', async () => {
    const { a } = await setup({ patienceMs: 200 })
    const tenant = budget('tenant', 10n * CENT)
    const [old, young, third] = [
      await a.hold([tenant], usd(3n * CENT)),
      await a.hold([tenant], usd(3n * CENT)),
      await a.hold([tenant], usd(3n * CENT)),
    ]
    const little = a.extend([tenant], { hold: young, rank: 2 }, [2n * CENT])
    await new Promise((resolve) => setTimeout(resolve, 5))
    const much = a.extend([tenant], { hold: old, rank: 1 }, [5n * CENT])
    await new Promise((resolve) => setTimeout(resolve, 5))
    third.posted([2n * CENT])
    expect([await little, await much]).toEqual([true, false])
    expect([old.held, young.held]).toEqual([[3n * CENT], [5n * CENT]])
  })

  test('keep nobody behind them for longer than they wait themselves', async () => {
    const { a, b, pulse, isRecalled } = await setup({ patienceMs: 2_000 })
    const tenant = budget('tenant', 10n * CENT)
    const own = budget('own', 10n * CENT)
    const hold = await a.hold([tenant], usd(2n * CENT))
    const elsewhere = await b.hold([tenant], usd(6n * CENT))
    const fresh = refusal(a.hold([own, tenant], usd(3n * CENT)))
    await isRecalled('b')
    const more = a.extend([tenant], { hold, rank: 1 }, [4n * CENT])
    await new Promise((resolve) => setTimeout(resolve, 10))
    elsewhere.posted([0n])
    await pulse('b')
    expect(await more).toBe(true)
    expect(await fresh).toBe('taken')
  })

  test('keep nobody from budgets that have enough', async () => {
    const { a, b, isRecalled } = await setup()
    const [own, tenant] = [budget('own', 10n * CENT), budget('tenant', 100n * CENT)]
    const hold = await a.hold([own, tenant], usd(4n * CENT))
    await b.hold([own], usd(5n * CENT))
    void a.extend([own, tenant], { hold, rank: 1 }, [5n * CENT, 5n * CENT])
    await isRecalled('b')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await a.hold([tenant], usd(50n * CENT))).held).toEqual([50n * CENT])
    hold.posted([0n, 0n])
  })

  test('stop waiting when they end', async () => {
    const { a } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const [hold, other] = [await a.hold([tenant], usd(5n * CENT)), await a.hold([tenant], usd(5n * CENT))]
    const more = a.extend([tenant], { hold, rank: 1 }, [CENT])
    await new Promise((resolve) => setImmediate(resolve))
    hold.posted([5n * CENT])
    expect(await more).toBe(false)
    other.posted([0n])
    expect((await a.hold([tenant], usd(5n * CENT))).held).toEqual([5n * CENT])
  })

  test('are told no when nobody could give anything back', async () => {
    const { a, grows } = await setup()
    const tenant = budget('tenant', 10n * CENT)
    const hold = await a.hold([tenant], usd(10n * CENT))
    const asked = grows()
    expect(await a.extend([tenant], { hold, rank: 1 }, [CENT])).toBe(false)
    expect(grows()).toBe(asked + 1)
  })
})

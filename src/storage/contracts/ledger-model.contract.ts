import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NanoUsd } from '../../canonical/money.ts'
import type { Settlement } from './ledger-store.ts'
import { ModelBooks } from './model-books.contract.ts'
import { instanceOf, type OpenStorage, type StorageUnderTest, settlementOf, unique } from './samples.contract.ts'

/*
 * Random histories of two instances against the simplest books that could be right: three windows, each a limit, a posted sum and a
 * slice for each instance. After every step the store must show exactly these books; at the end they must equal the rows.
 */

type Step =
  | {
      readonly do: 'grow'
      readonly who: 0 | 1
      readonly windows: readonly number[]
      readonly atLeast: bigint
      readonly more: bigint
    }
  | { readonly do: 'settle'; readonly who: 0 | 1; readonly windows: readonly number[]; readonly spent: bigint }
  | { readonly do: 'settle again'; readonly who: 0 | 1; readonly which: number }
  | { readonly do: 'return'; readonly who: 0 | 1; readonly window: number; readonly amount: bigint }
  | { readonly do: 'bury'; readonly who: 0 | 1; readonly spent: bigint; readonly which: number }
  | { readonly do: 'change limit'; readonly window: number; readonly limit: bigint }

const who = fc.constantFrom<0 | 1>(0, 1)
const window = fc.integer({ min: 0, max: 2 })
const windows = fc.uniqueArray(window, { minLength: 1, maxLength: 3 })
const amount = fc.bigInt({ min: 0n, max: 40n })
const which = fc.nat(50)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('grow' as const), who, windows, atLeast: amount, more: amount }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), who, windows, spent: amount }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle again' as const), who, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('return' as const), who, window, amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bury' as const), who, spent: amount, which }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('change limit' as const),
      window,
      limit: fc.bigInt({ min: 0n, max: 150n }),
    }),
  },
)

/** Checks a store against the model over random histories. */
export function ledgerModelContract(open: OpenStorage, histories: number): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('shows the books of the model after every step of a random history, and they equal the rows', async () => {
    const limits = fc.tuple(...[100n, 60n, 200n].map((most) => fc.bigInt({ min: 0n, max: most })))
    const history = fc.array(step, { minLength: 1, maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(limits, history, async (chosen, steps) => replay(under, new ModelBooks(chosen), steps)),
      { numRuns: histories },
    )
  })
}

async function replay(under: StorageUnderTest, model: ModelBooks, steps: readonly Step[]): Promise<void> {
  const { ledger, reader } = under.storage
  const tenants = model.windows.map(() => unique('ten'))
  const instances = [await instanceOf(under.storage), await instanceOf(under.storage)]
  const settled: Settlement[] = []

  // One row for each window, with that window's own tenant, so that the rows of a tenant can be compared with the books of its window.
  const exchange = (indexes: readonly number[], spent: NanoUsd): Settlement => ({
    usage: indexes
      .map((index) => settlementOf(spent, [], { tenantId: tenants[index] ?? '' }).usage[0])
      .filter((row) => row !== undefined),
    request: null,
    spans: [],
    postings: indexes.map((index) => ({ window: model.at(index).window, spent })),
  })

  const take: { readonly [Kind in Step['do']]: (step: Extract<Step, { do: Kind }>) => Promise<void> } = {
    grow: async ({ who, windows, atLeast, more }) => {
      const entries = windows.map((index) => model.at(index))
      const wanted = atLeast + more
      const fits = entries.every((entry) => model.left(entry) >= atLeast)
      const expected = entries.map((entry) => {
        const left = model.left(entry)
        const granted = fits ? ([wanted, left].sort(bySize)[0] ?? 0n) : 0n
        const others = Object.entries(entry.slices).some(([owner, slice]) => owner !== instances[who] && slice > 0n)
        return { granted, left: left - granted, recalled: !fits && left < atLeast && others }
      })
      const instance = instances[who] ?? ''
      const grants = await ledger.growSlices(
        instance,
        entries.map((entry) => ({ window: entry.window, atLeast, wanted })),
      )
      expect(grants).toEqual(expected)
      for (const [index, entry] of entries.entries()) {
        entry.slices[instance] = (entry.slices[instance] ?? 0n) + (expected[index]?.granted ?? 0n)
      }
    },
    settle: async ({ who, windows, spent }) => {
      const settlement = exchange(windows, spent)
      await ledger.settle(instances[who] ?? '', [settlement])
      model.spend(instances[who] ?? '', windows, spent)
      settled.push(settlement)
    },
    'settle again': async ({ who, which }) => {
      const again = settled[which % Math.max(settled.length, 1)]
      if (again) await ledger.settle(instances[who] ?? '', [again])
    },
    return: async ({ who, window, amount }) => {
      const instance = instances[who] ?? ''
      const entry = model.at(window)
      await ledger.returnSlices(instance, [{ window: entry.window, amount: amount }])
      const slice = entry.slices[instance] ?? 0n
      entry.slices[instance] = amount > slice ? 0n : slice - amount
    },
    bury: async ({ who, spent, which }) => {
      const instance = instances[who] ?? ''
      const known = settled[which % Math.max(settled.length, 1)]
      const presumed = exchange([0, 2], spent)
      const left = known ? [known, presumed] : [presumed]
      await ledger.buryInstance(instance, left)
      await ledger.buryInstance(instance, [exchange([1], 1n)])
      model.spend(instance, [0, 2], spent)
      for (const entry of model.windows) delete entry.slices[instance]
      settled.push(presumed)
      instances[who] = await instanceOf(under.storage)
    },
    'change limit': async ({ window, limit }) => {
      const entry = model.at(window)
      entry.window = { ...entry.window, limit }
      if (limit > entry.highestLimit) entry.highestLimit = limit
    },
  }

  for (const step of steps) {
    await take[step.do](step as never)
    await compareBooks(under, model)
  }
  for (const [index, entry] of model.windows.entries()) {
    const [total] = await reader.usage({ groupBy: [], tenantId: tenants[index] ?? '' })
    expect(total?.cost).toBe(entry.posted)
  }
}

async function compareBooks(under: StorageUnderTest, model: ModelBooks): Promise<void> {
  const states = new Map((await under.storage.ledger.budgets()).map((state) => [state.key, state]))
  for (const entry of model.windows) {
    const { posted, sliced } = states.get(entry.window.key) ?? { posted: 0n, sliced: 0n }
    expect({ posted, sliced }).toEqual({ posted: entry.posted, sliced: model.sliced(entry) })
    expect(posted + sliced).toBeLessThanOrEqual(entry.highestLimit + entry.beyondSlice)
  }
}

function bySize(left: bigint, right: bigint): number {
  return left < right ? -1 : 1
}

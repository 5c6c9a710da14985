import { afterAll, beforeAll, expect, it } from 'vitest'
import type { TokenGrowthQuery } from './ledger-reader.ts'
import type { UsageRow } from './ledger-store.ts'
import { type OpenStorage, type StorageUnderTest, settlementOf, unique } from './samples.contract.ts'

const MINUTE = 60_000

/** What every reader must find when it looks for growth. */
export function tokenGrowthContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  /** One call of so many tokens in the window that ended so many windows ago. */
  async function use(tokens: number, windowsAgo: number, changes: Partial<UsageRow> = {}): Promise<void> {
    const { ledger } = under.storage
    const createdAt = (await ledger.now()) - (windowsAgo + 0.5) * MINUTE
    const row = { inputTokens: tokens - 1, outputTokens: 1, createdAt, ...changes }
    await ledger.settle(unique('ins'), [settlementOf(1n, [], row)])
  }

  const find = async (tenantId: string, more: Partial<TokenGrowthQuery> = {}) => {
    const grown = await under.storage.reader.tokenGrowth({ per: 'tenant', windowMs: MINUTE, factor: 3, ...more })
    return grown.filter(({ scope }) => scope.tenant === tenantId)
  }

  it('finds who used more than the factor times the mean of the seven windows before', async () => {
    const tenantId = unique('ten')
    for (let window = 1; window <= 7; window += 1) await use(100, window, { tenantId })
    await use(300, 0, { tenantId })
    expect(await find(tenantId)).toEqual([])
    await use(1, 0, { tenantId, outputTokens: 1, inputTokens: 0 })
    expect(await find(tenantId)).toEqual([{ scope: { tenant: tenantId }, tokens: 301, usualTokens: 100 }])
    expect(await find(tenantId, { factor: 4 })).toEqual([])
  })

  it('counts windows without any use, and nothing that is older than seven', async () => {
    const tenantId = unique('ten')
    await use(700, 7, { tenantId })
    await use(9_999, 8, { tenantId })
    await use(301, 0, { tenantId })
    expect(await find(tenantId)).toEqual([{ scope: { tenant: tenantId }, tokens: 301, usualTokens: 100 }])
  })

  it('does not take who is new for one who has grown', async () => {
    const tenantId = unique('ten')
    await use(9_999, 0, { tenantId })
    expect(await find(tenantId)).toEqual([])
  })

  it('keeps users of two tenants apart, and leaves out calls without a user', async () => {
    const [one, other] = [unique('ten'), unique('ten')]
    await use(70, 1, { tenantId: one, userId: 'u' })
    await use(700, 1, { tenantId: other, userId: 'u' })
    for (const tenantId of [one, other]) await use(100, 0, { tenantId, userId: 'u' })
    await use(70, 1, { tenantId: one, userId: null })
    await use(9_999, 0, { tenantId: one, userId: null })
    expect(await find(one, { per: 'user' })).toEqual([
      { scope: { tenant: one, user: 'u' }, tokens: 100, usualTokens: 10 },
    ])
    expect(await find(other, { per: 'user' })).toEqual([])
  })

  it.each([
    ['team', { teamId: 'x' }],
    ['feature', { feature: 'x' }],
    ['model', { model: 'x' }],
    ['key', { keyId: 'x' }],
  ] as const)('can look at each %s', async (per, values) => {
    const value = unique('value')
    const changes = Object.fromEntries(Object.keys(values).map((name) => [name, value]))
    await use(70, 1, { tenantId: 'any', ...changes })
    await use(100, 0, { tenantId: 'any', ...changes })
    const grown = await under.storage.reader.tokenGrowth({ per, windowMs: MINUTE, factor: 3 })
    expect(grown.find(({ scope }) => scope[per] === value)).toMatchObject({ tokens: 100, usualTokens: 10 })
  })
}

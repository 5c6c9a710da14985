import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spanGroups } from '../columns/span-groups.ts'
import { type EventsQuery, type Page, USAGE_GROUPS } from './ledger-reader.ts'
import type { UsageRow } from './ledger-store.ts'
import {
  type OpenStorage,
  requestRow,
  type StorageUnderTest,
  settlementOf,
  spanRow,
  unique,
  usageRow,
} from './samples.contract.ts'

const INVALID = expect.objectContaining({ code: 'invalid_request' })
const MORNING = Date.UTC(2026, 10, 21, 8, 30)
const NOON = Date.UTC(2026, 10, 21, 12, 0)
const NEXT_DAY = Date.UTC(2026, 10, 22, 0, 0)

/** What every reader of the ledger must do. */
export function ledgerReaderContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  const write = (...rows: readonly UsageRow[]) =>
    under.storage.ledger.settle(
      'any',
      rows.map((row) => ({ usage: [row], request: null, spans: [], postings: [] })),
    )

  describe('prices', () => {
    it('are kept as they were when they were first used, whatever is said of them later', async () => {
      const { ledger, reader } = under.storage
      const price = {
        version: unique('price'),
        provider: 'openai',
        model: 'gpt-4o',
        rates: { input: '2.5', output: '10', tiers: [] },
        source: 'https://openai.com/api/pricing',
        firstUsedAt: MORNING,
      }
      await ledger.notePrices([price])
      await ledger.notePrices([{ ...price, rates: { input: '1' }, firstUsedAt: NOON }])
      expect(await reader.price(price.version)).toEqual(price)
      expect(await reader.price(unique('price'))).toBeNull()
      await ledger.notePrices([])
    })
  })

  describe('usage', () => {
    it('sums tokens and money by group, the dearest group first', async () => {
      const tenantId = unique('ten')
      const of = (changes: Partial<UsageRow>) => usageRow({ tenantId, ...changes })
      await write(
        of({
          feature: 'chat',
          cost: 1_500_000_001n,
          charge: null,
          inputTokens: 100,
          cachedTokens: 60,
          cacheWriteTokens: 3,
        }),
        of({
          feature: 'chat',
          cost: 1n,
          charge: 2n,
          inputTokens: 7,
          outputTokens: 9,
          cachedTokens: 0,
          reasoningTokens: 4,
        }),
        of({ feature: 'search', task: 'rerank', cost: 2_000_000_000n, charge: 2_400_000_000n }),
      )
      const { reader } = under.storage
      expect(await reader.usage({ groupBy: ['feature', 'task'], tenantId })).toEqual([
        {
          group: { feature: 'search', task: 'rerank' },
          calls: 1,
          inputTokens: 100,
          outputTokens: 20,
          cachedTokens: 10,
          cacheWriteTokens: 0,
          reasoningTokens: 5,
          cost: 2_000_000_000n,
          charge: 2_400_000_000n,
        },
        {
          group: { feature: 'chat', task: null },
          calls: 2,
          inputTokens: 107,
          outputTokens: 29,
          cachedTokens: 60,
          cacheWriteTokens: 3,
          reasoningTokens: 9,
          cost: 1_500_000_002n,
          charge: 1_500_000_003n,
        },
      ])
    })

    it('groups by every dimension, each once', async () => {
      const tenantId = unique('ten')
      await write(usageRow({ tenantId, teamId: 't', task: 'k', promptVersion: 'v3', status: 'failed' }))
      const [row] = await under.storage.reader.usage({
        groupBy: [...USAGE_GROUPS, 'tenant_id'],
        tenantId,
      })
      expect(row?.group).toEqual({
        tenant_id: tenantId,
        team_id: 't',
        user_id: 'u1',
        feature: 'chat',
        task: 'k',
        route: 'balanced-large',
        model: 'gpt-4o-mini',
        provider: 'openai',
        key_id: 'key_1',
        prompt_version: 'v3',
        status: 'failed',
      })
    })

    it('cuts time into hours and days of UTC, the newest first', async () => {
      const tenantId = unique('ten')
      await write(
        usageRow({ tenantId, createdAt: MORNING, cost: 1n }),
        usageRow({ tenantId, createdAt: NOON, cost: 2n }),
        usageRow({ tenantId, createdAt: NEXT_DAY - 1, cost: 4n }),
        usageRow({ tenantId, createdAt: NEXT_DAY, cost: 8n }),
      )
      const { reader } = under.storage
      const days = await reader.usage({ groupBy: ['feature'], interval: 'day', tenantId })
      expect(days.map(({ group, cost }) => [group.interval, group.feature, cost])).toEqual([
        ['2026-11-22T00:00:00Z', 'chat', 8n],
        ['2026-11-21T00:00:00Z', 'chat', 7n],
      ])
      const hours = await reader.usage({ groupBy: [], interval: 'hour', tenantId })
      expect(hours.map(({ group, cost }) => [group.interval, cost])).toEqual([
        ['2026-11-22T00:00:00Z', 8n],
        ['2026-11-21T23:00:00Z', 4n],
        ['2026-11-21T12:00:00Z', 2n],
        ['2026-11-21T08:00:00Z', 1n],
      ])
    })

    it('takes rows from the start up to, not including, the end', async () => {
      const tenantId = unique('ten')
      await write(
        usageRow({ tenantId, createdAt: MORNING, cost: 1n }),
        usageRow({ tenantId, createdAt: NOON, cost: 2n }),
        usageRow({ tenantId, createdAt: NEXT_DAY, cost: 4n }),
      )
      const cost = async (range: { from?: number; to?: number }) =>
        (await under.storage.reader.usage({ groupBy: [], tenantId, ...range }))[0]?.cost
      expect(await cost({ from: NOON, to: NEXT_DAY })).toBe(2n)
      expect(await cost({ to: NOON })).toBe(1n)
      expect(await cost({ from: NOON })).toBe(6n)
      expect(await cost({ from: NEXT_DAY + 1 })).toBe(0n)
    })

    it('gives totals as one group, and no groups where nothing was used', async () => {
      const tenantId = unique('ten')
      const { reader } = under.storage
      expect(await reader.usage({ groupBy: [], tenantId })).toMatchObject([{ group: {}, calls: 0, cost: 0n }])
      expect(await reader.usage({ groupBy: ['model'], tenantId })).toEqual([])
    })

    it('sums to exactly what was written, row by row', async () => {
      const tenantId = unique('ten')
      const rows = Array.from({ length: 3000 }, (_, index) =>
        usageRow({ tenantId, cost: (BigInt(index) * 7_919_000_017n) % 1_000_003_000_019n, inputTokens: index * 3 }),
      )
      await write(...rows)
      const [total] = await under.storage.reader.usage({ groupBy: [], tenantId })
      expect(total?.cost).toBe(rows.reduce((sum, row) => sum + row.cost, 0n))
      expect(total?.inputTokens).toBe(rows.reduce((sum, row) => sum + row.inputTokens, 0))
      expect(total?.calls).toBe(3000)
    })

    it('refuses to group by what is no dimension', async () => {
      const query = { groupBy: ['cost_usd; drop table budgets' as 'model'] }
      await expect(under.storage.reader.usage(query)).rejects.toEqual(INVALID)
    })
  })

  describe('events', () => {
    it('pages through all rows newest first, each once, while new ones arrive and several share an instant', async () => {
      const tenantId = unique('ten')
      const rows = Array.from({ length: 23 }, (_, index) =>
        usageRow({ tenantId, createdAt: MORNING + Math.floor(index / 5) * 1000 }),
      )
      await write(...rows)
      const seen: UsageRow[] = []
      let cursor: string | null | undefined
      do {
        const query = { limit: 4, tenantId, ...(cursor ? { cursor } : {}) }
        const page: Page<UsageRow> = await under.storage.reader.events(query)
        seen.push(...page.rows)
        cursor = page.nextCursor
        await write(usageRow({ tenantId, createdAt: NOON }))
      } while (cursor)
      expect(seen).toEqual(
        rows.toSorted((left, right) => right.createdAt - left.createdAt || (left.id < right.id ? 1 : -1)),
      )
    })

    it('ends without a cursor when the last page is full', async () => {
      const tenantId = unique('ten')
      await write(usageRow({ tenantId }), usageRow({ tenantId }))
      const { rows, nextCursor } = await under.storage.reader.events({ limit: 2, tenantId })
      expect([rows.length, nextCursor]).toEqual([2, null])
    })

    it('finds rows by tenant, trace and status', async () => {
      const tenantId = unique('ten')
      const [failed, refused, completed] = [
        usageRow({ tenantId, status: 'failed', errorCode: 'upstream_failed' }),
        usageRow({ tenantId, status: 'refused', attempt: 0, model: null, ttftMs: null }),
        usageRow({ tenantId }),
      ]
      await write(failed, refused, completed, usageRow({ status: 'failed' }))
      const find = async (query: Omit<EventsQuery, 'limit'>) =>
        (await under.storage.reader.events({ limit: 10, ...query })).rows
      expect(await find({ tenantId, status: 'failed' })).toEqual([failed])
      expect(await find({ tenantId, status: 'completed' })).toEqual([completed])
      expect(await find({ traceId: refused.traceId })).toEqual([refused])
      expect(await find({ tenantId: unique('ten'), traceId: refused.traceId })).toEqual([])
    })

    it('keeps a page within 1 and 1000 rows', async () => {
      const tenantId = unique('ten')
      await write(...Array.from({ length: 1002 }, () => usageRow({ tenantId })))
      const size = async (limit: number) => (await under.storage.reader.events({ limit, tenantId })).rows.length
      expect([await size(5000), await size(0), await size(-3), await size(Number.NaN)]).toEqual([1000, 1, 1, 1])
    })

    it('refuses a cursor that it did not give', async () => {
      const forged = ['zzz', '', Buffer.from('[1]').toString('base64url'), Buffer.from('{}').toString('base64url')]
      for (const cursor of forged) {
        await expect(under.storage.reader.events({ limit: 1, cursor })).rejects.toEqual(INVALID)
      }
    })

    it('shows a tenant its own rows only, whatever cursor it brings', async () => {
      const [mine, theirs] = [unique('ten'), unique('ten')]
      await write(usageRow({ tenantId: theirs, createdAt: NOON }), usageRow({ tenantId: theirs, createdAt: MORNING }))
      await write(usageRow({ tenantId: mine, createdAt: MORNING }))
      const { nextCursor } = await under.storage.reader.events({ limit: 1, tenantId: theirs })
      const page = await under.storage.reader.events({ limit: 10, tenantId: mine, cursor: nextCursor ?? '' })
      expect(page.rows.every((row) => row.tenantId === mine)).toBe(true)
    })
  })

  describe('requests', () => {
    it('pages newest first and filters like events', async () => {
      const tenantId = unique('ten')
      const settlements = [1, 2, 3].map((turn) => settlementOf(1n, [], { tenantId, createdAt: MORNING + turn }))
      await under.storage.ledger.settle('any', settlements)
      const { reader } = under.storage
      const first = await reader.requests({ limit: 2, tenantId })
      const second = await reader.requests({ limit: 2, tenantId, cursor: first.nextCursor ?? '' })
      expect([...first.rows, ...second.rows]).toEqual(settlements.map(({ request }) => request).toReversed())
      expect(second.nextCursor).toBeNull()
      expect((await reader.requests({ limit: 2, tenantId, status: 'failed' })).rows).toEqual([])
    })
  })

  describe('what decisions were asked', () => {
    it('is paged within a time, newest first, and stays with its tenant', async () => {
      const [tenantId, other] = [unique('ten'), unique('ten')]
      const asked = (turn: number, of = tenantId) => {
        const settlement = settlementOf(1n, [], { tenantId: of, createdAt: MORNING + turn })
        const request = requestRow({ ...settlement.request, asked: { prompt: { bytes: turn } } })
        return { ...settlement, request }
      }
      await under.storage.ledger.settle('any', [...[0, 1, 2, 3, 4].map((turn) => asked(turn)), asked(2, other)])
      const query = { tenantId, from: MORNING + 1, to: MORNING + 4, limit: 2 }
      const first = await under.storage.reader.asked(query)
      const second = await under.storage.reader.asked({ ...query, cursor: first.nextCursor ?? '' })
      const found = [...first.rows, ...second.rows]
      expect(found.map((row) => row.asked)).toEqual([3, 2, 1].map((bytes) => ({ prompt: { bytes } })))
      expect(found.map((row) => row.tenantId)).toEqual([tenantId, tenantId, tenantId])
      expect(second.nextCursor).toBeNull()
      const everybody = await under.storage.reader.asked({ from: MORNING + 2, to: MORNING + 3, limit: 1000 })
      expect(everybody.rows.map((row) => row.tenantId)).toEqual(expect.arrayContaining([tenantId, other]))
    })
  })

  describe('a trace', () => {
    it('is its request, its attempts in order and its spans by start', async () => {
      const traceId = unique('trc')
      const attempts = [1, 2, 3].map((attempt) => usageRow({ traceId, attempt, createdAt: MORNING + attempt }))
      const spans = [5, 1, 3].map((start) => spanRow({ traceId, start: MORNING + start, end: NOON }))
      const request = requestRow({ traceId })
      await under.storage.ledger.settle('any', [{ usage: attempts, request, spans: spanGroups(spans), postings: [] }])
      expect(await under.storage.reader.trace(traceId, 'acme')).toEqual({
        request,
        usage: attempts,
        spans: spans.toSorted((left, right) => left.start - right.start),
      })
    })

    it('does not exist for another tenant than its own, nor when nobody made it', async () => {
      const settlement = settlementOf(1n, [], { tenantId: 'acme' })
      const traceId = settlement.request?.traceId ?? ''
      await under.storage.ledger.settle('any', [settlement])
      const { reader } = under.storage
      expect(await reader.trace(traceId, 'globex')).toBeNull()
      expect(await reader.trace(traceId, '')).toBeNull()
      expect(await reader.trace(unique('trc'), null)).toBeNull()
      expect((await reader.trace(traceId, null))?.request?.tenantId).toBe('acme')
    })

    it('shows each tenant its own part when two use the same trace id', async () => {
      const traceId = unique('trc')
      const [mine, theirs] = ['acme', 'globex'].map((tenantId) => settlementOf(1n, [], { traceId, tenantId }))
      if (!mine || !theirs) throw new Error('two settlements were made')
      await under.storage.ledger.settle('any', [theirs, mine])
      expect(await under.storage.reader.trace(traceId, 'acme')).toEqual({
        request: mine.request,
        usage: mine.usage,
        spans: [],
      })
    })
  })
}

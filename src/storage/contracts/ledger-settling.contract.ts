import { describe, expect, it } from 'vitest'
import { spanGroups, spanRowsIn } from '../columns/span-groups.ts'
import {
  instanceOf,
  requestRow,
  type StorageUnderTest,
  settlementOf,
  spanRow,
  stateOf,
  unique,
  usageRow,
  windowOf,
} from './samples.contract.ts'
import type { SpanGroup } from './span-row.ts'

const INTERNAL = expect.objectContaining({ code: 'internal' })

/** How exchanges are written and what they spent is posted. */
export function settlingContract(under: () => StorageUnderTest): void {
  describe('settling', () => {
    it('moves what was spent from the slice to the posted sum and writes the rows', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 50n, wanted: 50n }])
      const usage = usageRow({ cost: 30n })
      const request = requestRow({ traceId: usage.traceId, dropped: ['logit_bias'], flags: ['pii_redacted'] })
      const span = spanRow({ traceId: usage.traceId, start: 1_795_230_920_231.123 })
      await storage.ledger.settle(instance, [
        { usage: [usage], request, spans: spanGroups([span]), postings: [{ window, spent: 30n }] },
      ])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 30n, sliced: 20n })
      expect(await storage.reader.trace(usage.traceId, 'acme')).toEqual({ usage: [usage], request, spans: [span] })
    })

    it('changes nothing when it is told the same again, whoever tells it', async () => {
      const { storage } = under()
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(100n)
      await storage.ledger.growSlices(other, [{ window, atLeast: 50n, wanted: 50n }])
      const settlement = settlementOf(30n, [window])
      await storage.ledger.settle(instance, [settlement])
      await storage.ledger.settle(instance, [settlement, settlement])
      await storage.ledger.settle(other, [settlementOf(7n, [window]), settlement])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 37n, sliced: 43n })
    })

    it('posts once when callbacks race to settle the same thousand exchanges in any order', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(1_000_000n)
      for (let round = 0; round < 10; round += 1) {
        const batch = Array.from({ length: 100 }, () => settlementOf(3n, [window]))
        const orders = [batch, batch.toReversed(), batch, batch.toReversed()]
        await Promise.all(orders.map((order) => storage.ledger.settle(instance, order)))
      }
      expect((await stateOf(storage, window)).posted).toBe(3_000n)
    })

    it('posts a settlement that comes twice in one batch once', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const settlement = settlementOf(11n, [window])
      await storage.ledger.settle(instance, [settlement, settlementOf(5n, [window]), settlement])
      expect((await stateOf(storage, window)).posted).toBe(16n)
    })

    it('writes nothing of an exchange of which one attempt is known already', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const known = usageRow({ cost: 5n })
      await storage.ledger.settle(instance, [
        { usage: [known], request: null, spans: [], postings: [{ window, spent: 5n }] },
      ])
      const late = usageRow({ traceId: known.traceId, attempt: 2, cost: 9n })
      const span = spanRow({ traceId: known.traceId })
      const request = requestRow({ traceId: known.traceId })
      const fine = settlementOf(1n, [window])
      await storage.ledger.settle(instance, [
        { usage: [late, known], request, spans: spanGroups([span]), postings: [{ window, spent: 14n }] },
        fine,
      ])
      expect((await stateOf(storage, window)).posted).toBe(6n)
      expect(await storage.reader.trace(known.traceId, null)).toEqual({ usage: [known], request: null, spans: [] })
    })

    it('posts all that was spent beyond the slice and takes the slice no lower than zero', async () => {
      const { storage } = under()
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 10n, wanted: 10n }])
      await storage.ledger.growSlices(other, [{ window, atLeast: 90n, wanted: 90n }])
      await storage.ledger.settle(instance, [settlementOf(250n, [window])])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 250n, sliced: 90n })
      expect(await storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])).toEqual([
        { granted: 0n, left: 0n, recalled: true },
      ])
    })

    it('posts to a window whose slice was returned, and to one that was never lent from', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const [returned, unknown] = [windowOf(100n), windowOf(100n)]
      await storage.ledger.growSlices(instance, [{ window: returned, atLeast: 10n, wanted: 10n }])
      await storage.ledger.returnSlices(instance, [{ window: returned, amount: 10n }])
      await storage.ledger.settle(instance, [settlementOf(4n, [returned, unknown])])
      expect(await stateOf(storage, returned)).toEqual({ limit: 100n, posted: 4n, sliced: 0n })
      expect(await stateOf(storage, unknown)).toEqual({ limit: 100n, posted: 4n, sliced: 0n })
    })

    it('knows a settlement without attempts by its request, once for each tenant', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const request = requestRow()
      const settlement = { usage: [], request, spans: [], postings: [{ window, spent: 3n }] }
      await storage.ledger.settle(instance, [settlement, settlement])
      await storage.ledger.settle(instance, [settlement])
      await storage.ledger.settle(instance, [{ ...settlement, request: { ...request, tenantId: 'globex' } }])
      expect((await stateOf(storage, window)).posted).toBe(6n)
      expect((await storage.reader.trace(request.traceId, 'acme'))?.request).toEqual(request)
    })

    it('keeps every exchange of a trace that several share', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const traceId = unique('trc')
      const first = settlementOf(1n, [], { traceId, createdAt: 1_000 })
      const second = settlementOf(2n, [], { traceId, createdAt: 2_000 })
      await storage.ledger.settle(instance, [first, second])
      const { rows } = await storage.reader.requests({ traceId, limit: 10 })
      expect(rows).toEqual([second.request, first.request])
    })

    it('adds spans that come later, each once', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const span = spanRow()
      const late = { usage: [], request: null, spans: spanGroups([span]), postings: [] }
      await storage.ledger.settle(instance, [late])
      await storage.ledger.settle(instance, [late, { ...late, spans: spanGroups([{ ...span, name: 'other' }]) }])
      expect((await storage.reader.trace(span.traceId, 'acme'))?.spans).toEqual([span])
    })

    it('keeps the span of a tenant that shares its id with another tenant’s', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const mine = spanRow({ tenantId: 'acme' })
      const theirs = { ...mine, tenantId: 'globex', name: 'theirs' }
      await storage.ledger.settle(instance, [
        { usage: [], request: null, spans: spanGroups([theirs, mine]), postings: [] },
      ])
      expect((await storage.reader.trace(mine.traceId, 'acme'))?.spans).toEqual([mine])
      expect((await storage.reader.trace(mine.traceId, 'globex'))?.spans).toEqual([theirs])
    })

    it('writes the spans of an exchange with ids and times made of the first one’s', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const traceId = unique('trc')
      const start = 1_795_230_920_231_123
      const spans: SpanGroup = [
        traceId,
        'acme',
        '80ad5a17f0e3c9ff',
        '00f067aa0ba902b7',
        start,
        [
          ['exchange', 'exchange', 0, 20_500],
          ['route', 'gateway', 100, 3],
          ['execute', 'llm', 200, 20_000, 'ok', {}, 0],
          ['attempt', 'llm', 300, 19_000, 'error', { 'headgate.status': 'failed', said: undefined, tokens: 3 }, 2],
        ],
      ]
      await storage.ledger.settle(instance, [{ usage: [], request: null, spans: [spans], postings: [] }])
      const written = (await storage.reader.trace(traceId, 'acme'))?.spans
      expect(written).toEqual(spanRowsIn(spans))
      expect(written?.map(({ id, parentId }) => [id, parentId])).toEqual([
        ['80ad5a17f0e3c9ff', '00f067aa0ba902b7'],
        ['80ad5a17f0e3c9fe', '80ad5a17f0e3c9ff'],
        ['80ad5a17f0e3c9fd', '80ad5a17f0e3c9ff'],
        ['80ad5a17f0e3c9fc', '80ad5a17f0e3c9fd'],
      ])
      expect(written?.map((row) => [row.name, row.kind, row.start, row.end, row.status])).toEqual([
        ['exchange', 'exchange', start / 1000, (start + 20_500) / 1000, 'ok'],
        ['route', 'gateway', (start + 100) / 1000, (start + 103) / 1000, 'ok'],
        ['execute', 'llm', (start + 200) / 1000, (start + 20_200) / 1000, 'ok'],
        ['attempt', 'llm', (start + 300) / 1000, (start + 19_300) / 1000, 'error'],
      ])
      expect(written?.at(-1)?.attributes).toEqual({ 'headgate.status': 'failed', tokens: 3 })
    })

    it('refuses money that nothing identifies, because it could be posted twice', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const nameless = { usage: [], request: null, spans: [], postings: [{ window, spent: 1n }] }
      await expect(storage.ledger.settle(instance, [nameless])).rejects.toEqual(INTERNAL)
      await expect(storage.ledger.buryInstance(instance, [nameless])).rejects.toEqual(INTERNAL)
      expect((await stateOf(storage, window)).posted).toBe(0n)
    })

    it('stores the nearest value to one that a column cannot hold, so that no row blocks its batch', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const tenantId = `nul\0${unique('ten')}\ud800`
      const usage = usageRow({
        tenantId,
        inputTokens: 1e300,
        outputTokens: 2.6,
        cachedTokens: Number.NaN,
        reasoningTokens: -4,
        latencyMs: 12.4,
        cost: 10n ** 30n,
      })
      const request = requestRow({
        traceId: usage.traceId,
        tenantId,
        dropped: ['a\0b', 'literal \\u0000'],
        decision: { estimate: 7n, 'k\0': ['\udfff', 'é😀'] },
      })
      await storage.ledger.settle(instance, [{ usage: [usage], request, spans: [], postings: [] }])
      const stored = await storage.reader.trace(usage.traceId, tenantId)
      expect(stored?.usage[0]).toMatchObject({
        tenantId: tenantId.replace('\0', '\ufffd').replace('\ud800', '\ufffd'),
        inputTokens: Number.MAX_SAFE_INTEGER,
        outputTokens: 3,
        cachedTokens: 0,
        reasoningTokens: 0,
        latencyMs: 12,
        cost: 10n ** 20n - 1n,
      })
      expect(stored?.request).toMatchObject({
        dropped: ['a\ufffdb', 'literal \\u0000'],
        decision: { estimate: '7', 'k\ufffd': ['\ufffd', 'é😀'] },
      })
    })

    it('keeps a budget whose name a caller made unspeakable, and its sum at the most that there is room for', async () => {
      const { storage } = under()
      const instance = await instanceOf(storage)
      const window = windowOf(10n ** 30n, `${unique('budget')}\0\ud800`)
      const [grant] = await storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 5n }])
      expect(grant?.granted).toBe(5n)
      await storage.ledger.settle(instance, [settlementOf(10n ** 25n, [window])])
      await storage.ledger.settle(instance, [settlementOf(10n ** 25n, [window])])
      const states = await storage.ledger.budgets()
      const state = states.find(({ key }) => key === window.key.replace('\0\ud800', '\ufffd\ufffd'))
      expect(state).toMatchObject({ limit: 10n ** 20n - 1n, posted: 10n ** 20n - 1n, sliced: 0n })
    })
  })
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import {
  instanceOf,
  type OpenStorage,
  requestRow,
  type StorageUnderTest,
  settlementOf,
  spanRow,
  stateOf,
  unique,
  usageRow,
  windowOf,
} from './samples.contract.ts'

const UNAVAILABLE = expect.objectContaining({ code: 'ledger_unavailable' })
const INTERNAL = expect.objectContaining({ code: 'internal' })

/** What every ledger store must do, whatever it keeps its books in. */
export function ledgerStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  describe('lending', () => {
    it('gives what is wanted when it fits, else what is left, else nothing, and says what is left', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const ask = (atLeast: bigint, wanted: bigint) =>
        storage.ledger.growSlices(instance, [{ window, atLeast, wanted }])
      expect(await ask(10n, 60n)).toEqual([{ granted: 60n, left: 40n }])
      expect(await ask(10n, 60n)).toEqual([{ granted: 40n, left: 0n }])
      expect(await ask(1n, 1n)).toEqual([{ granted: 0n, left: 0n }])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 0n, sliced: 100n })
    })

    it('never lends less than what is needed at least', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      expect(await storage.ledger.growSlices(instance, [{ window, atLeast: 101n, wanted: 500n }])).toEqual([
        { granted: 0n, left: 100n },
      ])
      expect(await storage.ledger.growSlices(instance, [{ window, atLeast: 100n, wanted: 7n }])).toEqual([
        { granted: 100n, left: 0n },
      ])
    })

    it('lends within the limit when a window is used for the first time eight times at once', async () => {
      const { storage } = under
      const window = windowOf(5n)
      const instances = await Promise.all(Array.from({ length: 8 }, () => instanceOf(storage)))
      const grants = await Promise.all(
        instances.map((instance) => storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])),
      )
      expect(grants.flat().filter((grant) => grant.granted === 1n)).toHaveLength(5)
      expect(await stateOf(storage, window)).toEqual({ limit: 5n, posted: 0n, sliced: 5n })
    })

    it('lets exactly one of 64 parallel loans pass when one unit is left', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(1n)
      const grants = await Promise.all(
        Array.from({ length: 64 }, () => storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])),
      )
      expect(
        grants
          .flat()
          .map((grant) => grant.granted)
          .filter(Boolean),
      ).toEqual([1n])
      expect((await stateOf(storage, window)).sliced).toBe(1n)
    })

    it('leaves the parent budget as it was when the child refuses, and says what each has left', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const parent = windowOf(1000n)
      const child = windowOf(10n)
      const grants = await storage.ledger.growSlices(instance, [
        { window: parent, atLeast: 20n, wanted: 20n },
        { window: child, atLeast: 20n, wanted: 20n },
      ])
      expect(grants).toEqual([
        { granted: 0n, left: 1000n },
        { granted: 0n, left: 10n },
      ])
      expect((await stateOf(storage, parent)).sliced).toBe(0n)
    })

    it('lends from nested budgets named in any order, many at once, without a deadlock', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const windows = [windowOf(10_000n), windowOf(10_000n), windowOf(10_000n)]
      const loan = (turn: number) => {
        const order = turn % 2 === 0 ? windows : windows.toReversed()
        return storage.ledger.growSlices(
          instance,
          order.map((window) => ({ window, atLeast: 1n, wanted: 1n })),
        )
      }
      const settle = (turn: number) =>
        storage.ledger.settle(instance, [settlementOf(1n, turn % 2 === 0 ? windows : windows.toReversed())])
      await Promise.all(Array.from({ length: 40 }, (_, turn) => (turn % 4 < 2 ? loan(turn) : settle(turn))))
      for (const window of windows) {
        const { posted, sliced } = await stateOf(storage, window)
        expect(posted).toBe(20n)
        expect(sliced).toBeLessThanOrEqual(20n)
      }
    })

    it('takes the limit from each request, so that a changed config counts at once', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const small = windowOf(10n)
      const large = { ...small, limit: 50n }
      await storage.ledger.growSlices(instance, [{ window: small, atLeast: 10n, wanted: 10n }])
      expect(await storage.ledger.growSlices(instance, [{ window: large, atLeast: 1n, wanted: 15n }])).toEqual([
        { granted: 15n, left: 25n },
      ])
    })

    it('stops new loans only when a limit is lowered below what is used, and shows the new limit', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 80n, wanted: 80n }])
      const lowered = { ...window, limit: 50n }
      expect(await storage.ledger.growSlices(instance, [{ window: lowered, atLeast: 1n, wanted: 1n }])).toEqual([
        { granted: 0n, left: 0n },
      ])
      await storage.ledger.settle(instance, [settlementOf(80n, [lowered])])
      expect(await stateOf(storage, window)).toEqual({ limit: 50n, posted: 80n, sliced: 0n })
    })

    it('counts a loan of nothing as one that fits', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const [full, other] = [windowOf(0n), windowOf(10n)]
      const grants = await storage.ledger.growSlices(instance, [
        { window: full, atLeast: 0n, wanted: 0n },
        { window: other, atLeast: 4n, wanted: 4n },
      ])
      expect(grants).toEqual([
        { granted: 0n, left: 0n },
        { granted: 4n, left: 6n },
      ])
    })

    it('refuses a loan that names a window twice or asks for less than nothing', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const request = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
      await expect(storage.ledger.growSlices(instance, [request, request])).rejects.toEqual(INTERNAL)
      await expect(storage.ledger.growSlices(instance, [{ ...request, atLeast: -1n }])).rejects.toEqual(INTERNAL)
    })

    it('lends to registered instances alone', async () => {
      const loan = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
      await expect(under.storage.ledger.growSlices(unique('ins'), [loan])).rejects.toEqual(UNAVAILABLE)
    })

    it('keeps amounts that a JavaScript number cannot hold', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(90_071_992_547_409_931n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 90_071_992_547_409_930n }])
      expect((await stateOf(storage, window)).sliced).toBe(90_071_992_547_409_930n)
    })
  })

  describe('returning', () => {
    it('gives money back to the window, never more than the slice holds', async () => {
      const { storage } = under
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 60n, wanted: 60n }])
      await storage.ledger.growSlices(other, [{ window, atLeast: 40n, wanted: 40n }])
      await storage.ledger.returnSlice(instance, window, 25n)
      expect((await stateOf(storage, window)).sliced).toBe(75n)
      await storage.ledger.returnSlice(instance, window, 1000n)
      expect((await stateOf(storage, window)).sliced).toBe(40n)
      await storage.ledger.returnSlice(instance, window, 1n)
      expect((await stateOf(storage, window)).sliced).toBe(40n)
    })

    it('gives each unit back once when it is returned, spent and lent at the same time', async () => {
      const { storage } = under
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(1_000n)
      await storage.ledger.growSlices(other, [{ window, atLeast: 100n, wanted: 100n }])
      await storage.ledger.growSlices(instance, [{ window, atLeast: 35n, wanted: 35n }])
      const turns = Array.from({ length: 12 }, (_, turn) =>
        turn % 3 === 0
          ? storage.ledger.settle(instance, [settlementOf(10n, [window])])
          : storage.ledger.returnSlice(instance, window, 10n),
      )
      await Promise.all(turns)
      expect(await stateOf(storage, window)).toEqual({ limit: 1_000n, posted: 40n, sliced: 100n })
    })

    it('ignores windows that nobody knows and amounts of nothing', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.returnSlice(instance, window, 5n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 5n, wanted: 5n }])
      await storage.ledger.returnSlice(instance, window, 0n)
      await storage.ledger.returnSlice(instance, window, -5n)
      expect((await stateOf(storage, window)).sliced).toBe(5n)
    })
  })

  describe('settling', () => {
    it('moves what was spent from the slice to the posted sum and writes the rows', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 50n, wanted: 50n }])
      const usage = usageRow({ cost: 30n })
      const request = requestRow({ traceId: usage.traceId, dropped: ['logit_bias'], flags: ['pii_redacted'] })
      const span = spanRow({ traceId: usage.traceId, start: 1_795_230_920_231.123 })
      await storage.ledger.settle(instance, [
        { usage: [usage], request, spans: [span], postings: [{ window, spent: 30n }] },
      ])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 30n, sliced: 20n })
      expect(await storage.reader.trace(usage.traceId, 'acme')).toEqual({ usage: [usage], request, spans: [span] })
    })

    it('changes nothing when it is told the same again, whoever tells it', async () => {
      const { storage } = under
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
      const { storage } = under
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
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const settlement = settlementOf(11n, [window])
      await storage.ledger.settle(instance, [settlement, settlementOf(5n, [window]), settlement])
      expect((await stateOf(storage, window)).posted).toBe(16n)
    })

    it('writes nothing of an exchange of which one attempt is known already', async () => {
      const { storage } = under
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
        { usage: [late, known], request, spans: [span], postings: [{ window, spent: 14n }] },
        fine,
      ])
      expect((await stateOf(storage, window)).posted).toBe(6n)
      expect(await storage.reader.trace(known.traceId, null)).toEqual({ usage: [known], request: null, spans: [] })
    })

    it('posts all that was spent beyond the slice and takes the slice no lower than zero', async () => {
      const { storage } = under
      const [instance, other] = [await instanceOf(storage), await instanceOf(storage)]
      const window = windowOf(100n)
      await storage.ledger.growSlices(instance, [{ window, atLeast: 10n, wanted: 10n }])
      await storage.ledger.growSlices(other, [{ window, atLeast: 90n, wanted: 90n }])
      await storage.ledger.settle(instance, [settlementOf(250n, [window])])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 250n, sliced: 90n })
      expect(await storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 1n }])).toEqual([
        { granted: 0n, left: 0n },
      ])
    })

    it('posts to a window whose slice was returned, and to one that was never lent from', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const [returned, unknown] = [windowOf(100n), windowOf(100n)]
      await storage.ledger.growSlices(instance, [{ window: returned, atLeast: 10n, wanted: 10n }])
      await storage.ledger.returnSlice(instance, returned, 10n)
      await storage.ledger.settle(instance, [settlementOf(4n, [returned, unknown])])
      expect(await stateOf(storage, returned)).toEqual({ limit: 100n, posted: 4n, sliced: 0n })
      expect(await stateOf(storage, unknown)).toEqual({ limit: 100n, posted: 4n, sliced: 0n })
    })

    it('knows a settlement without attempts by its request, once for each tenant', async () => {
      const { storage } = under
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
      const { storage } = under
      const instance = await instanceOf(storage)
      const traceId = unique('trc')
      const first = settlementOf(1n, [], { traceId, createdAt: 1_000 })
      const second = settlementOf(2n, [], { traceId, createdAt: 2_000 })
      await storage.ledger.settle(instance, [first, second])
      const { rows } = await storage.reader.requests({ traceId, limit: 10 })
      expect(rows).toEqual([second.request, first.request])
    })

    it('adds spans that come later, each once', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const span = spanRow()
      const late = { usage: [], request: null, spans: [span], postings: [] }
      await storage.ledger.settle(instance, [late])
      await storage.ledger.settle(instance, [late, { ...late, spans: [{ ...span, name: 'other' }] }])
      expect((await storage.reader.trace(span.traceId, 'acme'))?.spans).toEqual([span])
    })

    it('keeps the span of a tenant that shares its id with another tenant’s', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const mine = spanRow({ tenantId: 'acme' })
      const theirs = { ...mine, tenantId: 'globex', name: 'theirs' }
      await storage.ledger.settle(instance, [{ usage: [], request: null, spans: [theirs, mine], postings: [] }])
      expect((await storage.reader.trace(mine.traceId, 'acme'))?.spans).toEqual([mine])
      expect((await storage.reader.trace(mine.traceId, 'globex'))?.spans).toEqual([theirs])
    })

    it('refuses money that nothing identifies, because it could be posted twice', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      const window = windowOf(100n)
      const nameless = { usage: [], request: null, spans: [], postings: [{ window, spent: 1n }] }
      await expect(storage.ledger.settle(instance, [nameless])).rejects.toEqual(INTERNAL)
      await expect(storage.ledger.buryInstance(instance, [nameless])).rejects.toEqual(INTERNAL)
      expect((await stateOf(storage, window)).posted).toBe(0n)
    })

    it('stores the nearest value to one that a column cannot hold, so that no row blocks its batch', async () => {
      const { storage } = under
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
      const { storage } = under
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

  describe('instances', () => {
    it('calls an instance dead once its lease has run out, until somebody buries it', async () => {
      const { storage } = under
      const [silent, alive] = [await instanceOf(storage), await instanceOf(storage)]
      expect(await storage.ledger.deadInstances(60_000)).not.toContain(silent)
      await under.letTimePass(90_000)
      await storage.ledger.heartbeat(alive)
      const dead = await storage.ledger.deadInstances(60_000)
      expect(dead).toContain(silent)
      expect(dead).not.toContain(alive)
      await storage.ledger.buryInstance(silent, [])
      expect(await storage.ledger.deadInstances(60_000)).not.toContain(silent)
    })

    it('posts what a dead instance had dispatched and returns the rest of its slices', async () => {
      const { storage } = under
      const [dead, other] = [await instanceOf(storage), await instanceOf(storage)]
      const [day, month] = [windowOf(100n), windowOf(1000n)]
      const loans = [day, month].map((window) => ({ window, atLeast: 40n, wanted: 40n }))
      await storage.ledger.growSlices(dead, loans)
      await storage.ledger.growSlices(other, loans)
      const presumed = settlementOf(15n, [day, month], { status: 'presumed_spent' })
      await storage.ledger.buryInstance(dead, [{ ...presumed, request: null }])
      expect(await stateOf(storage, day)).toEqual({ limit: 100n, posted: 15n, sliced: 40n })
      expect(await stateOf(storage, month)).toEqual({ limit: 1000n, posted: 15n, sliced: 40n })
      const { rows } = await storage.reader.events({ traceId: presumed.usage[0]?.traceId ?? '', limit: 5 })
      expect(rows).toEqual(presumed.usage)
    })

    it('is buried once, however many try and whatever they bring', async () => {
      const { storage } = under
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(dead, [{ window, atLeast: 40n, wanted: 40n }])
      const bury = () => storage.ledger.buryInstance(dead, [settlementOf(15n, [window])])
      await Promise.all(Array.from({ length: 8 }, bury))
      await bury()
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 15n, sliced: 0n })
    })

    it('does not post again what the instance had settled before it died, or settles after', async () => {
      const { storage } = under
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(dead, [{ window, atLeast: 60n, wanted: 60n }])
      const [before, after] = [settlementOf(5n, [window]), settlementOf(20n, [window])]
      await storage.ledger.settle(dead, [before])
      await storage.ledger.buryInstance(dead, [before, after])
      await storage.ledger.settle(dead, [after])
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 25n, sliced: 0n })
    })

    it('still posts what a buried instance settles for the first time', async () => {
      const { storage } = under
      const dead = await instanceOf(storage)
      const window = windowOf(100n)
      await storage.ledger.growSlices(dead, [{ window, atLeast: 60n, wanted: 60n }])
      await storage.ledger.buryInstance(dead, [])
      await storage.ledger.settle(dead, [settlementOf(8n, [window])])
      await storage.ledger.returnSlice(dead, window, 50n)
      expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 8n, sliced: 0n })
    })

    it('stays buried: no heartbeat, no registration, no loan', async () => {
      const { storage } = under
      const dead = await instanceOf(storage)
      await storage.ledger.buryInstance(dead, [])
      await expect(storage.ledger.heartbeat(dead)).rejects.toEqual(UNAVAILABLE)
      await expect(storage.ledger.registerInstance(dead)).rejects.toEqual(UNAVAILABLE)
      const loan = { window: windowOf(10n), atLeast: 1n, wanted: 1n }
      await expect(storage.ledger.growSlices(dead, [loan])).rejects.toBeInstanceOf(GatewayError)
    })

    it('leaves no slice behind when an instance is buried while it borrows', async () => {
      const { storage } = under
      const window = windowOf(1_000_000n)
      for (let round = 0; round < 10; round += 1) {
        const dead = await instanceOf(storage)
        const loan = () => storage.ledger.growSlices(dead, [{ window, atLeast: 7n, wanted: 7n }]).catch(() => [])
        await Promise.all([loan(), loan(), storage.ledger.buryInstance(dead, []), loan(), loan()])
      }
      expect((await stateOf(storage, window)).sliced).toBe(0n)
    })

    it('takes the attempts of an instance that never registered', async () => {
      const { storage } = under
      const window = windowOf(100n)
      await storage.ledger.buryInstance(unique('ins'), [settlementOf(9n, [window])])
      expect((await stateOf(storage, window)).posted).toBe(9n)
    })

    it('may register twice', async () => {
      const { storage } = under
      const instance = await instanceOf(storage)
      await storage.ledger.registerInstance(instance)
      await storage.ledger.heartbeat(instance)
    })

    it('knows no heartbeat of an instance that never registered', async () => {
      await expect(under.storage.ledger.heartbeat(unique('ins'))).rejects.toEqual(UNAVAILABLE)
    })
  })

  it('lists windows that are open or have money lent, and no others', async () => {
    const { storage } = under
    const instance = await instanceOf(storage)
    const past = { ...windowOf(100n), endsAt: Date.now() - 86_400_000 }
    const [pastIdle, pastLent, open] = [past, { ...past, key: unique('budget') }, windowOf(100n)]
    await storage.ledger.settle(instance, [settlementOf(1n, [pastIdle, open])])
    await storage.ledger.growSlices(instance, [{ window: pastLent, atLeast: 1n, wanted: 1n }])
    const states = await storage.ledger.budgets()
    expect(states.find(({ key }) => key === open.key)?.endsAt).toBe(open.endsAt)
    const keys = states.map((state) => state.key)
    expect(keys).toEqual(expect.arrayContaining([pastLent.key, open.key]))
    expect(keys).not.toContain(pastIdle.key)
    expect(keys).toEqual(keys.toSorted())
  })
}

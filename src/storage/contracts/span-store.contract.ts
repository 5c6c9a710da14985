import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'
import type { SpanRow } from './span-row.ts'

/** What every store of applications' spans must do. */
export function spanStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  const spanOf = (changes: Partial<SpanRow>): SpanRow => ({
    ...{
      id: unique('span'),
      traceId: unique('tr'),
      parentId: null,
      tenantId: 'acme',
      name: 'search',
      kind: 'retrieval',
    },
    ...{ start: 1_790_000_000_000, end: 1_790_000_000_020.5, status: 'ok', attributes: { found: 3 } },
    ...changes,
  })

  it('keeps them with their trace, for their tenant alone', async () => {
    const { spans, reader } = under.storage
    const span = spanOf({})
    const child = spanOf({ traceId: span.traceId, parentId: span.id, start: span.start + 1 })
    await spans.add([span, child])
    expect((await reader.trace(span.traceId, 'acme'))?.spans).toEqual([span, child])
    expect(await reader.trace(span.traceId, 'globex')).toBeNull()
  })

  it('leaves what is there as it was, and keeps the same id of another tenant apart', async () => {
    const { spans, reader } = under.storage
    const span = spanOf({})
    await spans.add([span])
    await spans.add([{ ...span, name: 'changed' }])
    await spans.add([{ ...span, tenantId: 'globex', name: 'theirs' }])
    expect((await reader.trace(span.traceId, 'acme'))?.spans).toEqual([span])
    expect((await reader.trace(span.traceId, 'globex'))?.spans).toMatchObject([{ name: 'theirs' }])
  })

  it('has nothing to do for none', async () => {
    await expect(under.storage.spans.add([])).resolves.toBeUndefined()
  })
}

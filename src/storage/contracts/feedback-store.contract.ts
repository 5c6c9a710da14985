import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NewFeedback } from './feedback-store.ts'
import type { RequestRow } from './ledger-store.ts'
import {
  instanceOf,
  type OpenStorage,
  requestRow,
  type StorageUnderTest,
  unique,
  usageRow,
} from './samples.contract.ts'

/** What every store of feedback must do. */
export function feedbackStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  let instance: string
  beforeAll(async () => {
    under = await open()
    instance = await instanceOf(under.storage)
  })
  afterAll(() => under.close())

  /** A call that was answered. */
  async function called(changes: Partial<RequestRow> = {}): Promise<RequestRow> {
    const request = requestRow({ task: 'answer', ...changes })
    await under.storage.ledger.settle(instance, [{ usage: [], request, spans: [], postings: [] }])
    return request
  }

  function said(request: RequestRow, changes: Partial<NewFeedback> = {}): NewFeedback {
    const { traceId, tenantId } = request
    return { traceId, tenantId, userId: 'u1', score: 0.25, label: 'helpful', comment: 'Just so.', ...changes }
  }

  it('keeps it with the task and the deployment that it is about, and the store’s own time', async () => {
    const { feedback, ledger } = under.storage
    const request = await called()
    const row = await feedback.give(said(request))
    expect(row).toMatchObject({ ...said(request), feature: 'chat', task: 'answer', deployment: 'openai/gpt-4o-mini' })
    expect(Math.abs((row?.createdAt ?? 0) - (await ledger.now()))).toBeLessThan(60_000)
    expect(await feedback.of(request.traceId, request.tenantId)).toEqual([row])
  })

  it('knows no trace of another tenant, and none that does not exist', async () => {
    const { feedback } = under.storage
    const request = await called()
    expect(await feedback.give(said(request, { tenantId: 'globex' }))).toBeNull()
    expect(await feedback.give(said(request, { traceId: unique('trc') }))).toBeNull()
    expect(await feedback.of(request.traceId, null)).toEqual([])
    expect(await feedback.give(said(request, { tenantId: null }))).toMatchObject({ tenantId: 'acme' })
    expect(await feedback.of(request.traceId, 'globex')).toEqual([])
  })

  it('keeps the latest word of each person', async () => {
    const { feedback } = under.storage
    const request = await called()
    const first = await feedback.give(said(request, { score: -1 }))
    await feedback.give(said(request, { userId: null, score: 0.5 }))
    await feedback.give(said(request, { userId: '', score: 0 }))
    const changed = await feedback.give(said(request, { score: 1, label: null, comment: null }))
    expect(changed).toMatchObject({ id: first?.id, createdAt: first?.createdAt, score: 1, label: null, comment: null })
    const rows = await feedback.of(request.traceId, request.tenantId)
    expect(rows.map(({ userId, score }) => [userId, score])).toEqual([
      ['u1', 1],
      ['', 0],
      [null, 0.5],
    ])
  })

  it('is about the latest answered call of a trace', async () => {
    const { feedback } = under.storage
    const traceId = unique('trc')
    const at = Date.now()
    const of = async (createdAt: number, servedModel: string | null) => {
      const request = requestRow({ traceId, servedModel, createdAt })
      const usage = [usageRow({ traceId, createdAt })]
      await under.storage.ledger.settle(instance, [{ usage, request, spans: [], postings: [] }])
      return request
    }
    const request = await of(at, 'openai/old')
    await of(at + 10, 'openai/new')
    await of(at + 20, null)
    expect(await feedback.give(said(request))).toMatchObject({ deployment: 'openai/new' })
  })

  it('takes what no column can hold as the nearest that it can', async () => {
    const { feedback } = under.storage
    const request = await called()
    expect(await feedback.give(said(request, { comment: 'a\u0000b', label: null }))).toMatchObject({
      comment: 'a\ufffdb',
    })
  })
}

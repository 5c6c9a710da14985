import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Log } from '../src/gateway/log.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* What applications do around their calls: in the same trace, over HTTP and in process. */

const TRACE = 'a1'.repeat(16)
const warnings: object[] = []
const log: Log = { ...SILENT_LOG, warn: (fields: object) => void warnings.push(fields) }
let running: Running
beforeAll(async () => {
  running = await startRunning(() => ({}), log)
})
afterAll(() => running.stop())

async function send(traceId: string, body: unknown, tenantId = 'acme') {
  const call = running.gateway.fetchFor({ tenantId, feature: 'chat' })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const reply = await call(`http://headgate/v1/traces/${traceId}/spans`, init)
  const named = reply.headers.get('x-headgate-trace-id')
  return { status: reply.status, named, body: (await reply.json()) as Record<string, unknown> }
}

async function spansOf(traceId: string, tenantId = 'acme') {
  return (await running.service.house.storage.reader.trace(traceId, tenantId))?.spans ?? []
}

const chat = (traceparent?: string) =>
  running.gateway.chat({
    ...{ tenantId: 'acme', feature: 'chat', model: 'via-openai', messages: [{ role: 'user', content: 'Hi.' }] },
    ...(traceparent === undefined ? {} : { traceparent }),
  })

describe('spans over HTTP', () => {
  it('stand in one trace with the call that follows them', async () => {
    const start = Date.now() - 50
    const sent = await send(TRACE, {
      spans: [
        { id: 'r1', name: 'vector search', kind: 'retrieval', start, end: new Date(start + 20).toISOString() },
        {
          name: 'rerank',
          kind: 'rerank',
          parent_id: 'r1',
          start,
          end: start + 30,
          status: 'error',
          attributes: { n: 3 },
        },
      ],
    })
    expect(sent).toMatchObject({
      status: 202,
      named: TRACE,
      body: { trace_id: TRACE, spans: [{ id: 'r1' }, { name: 'rerank' }] },
    })
    await chat(`00-${TRACE}-${'b'.repeat(16)}-01`)
    const spans = await spansOf(TRACE)
    expect(spans).toContainEqual(
      expect.objectContaining({ id: 'r1', kind: 'retrieval', start, end: start + 20, status: 'ok', parentId: null }),
    )
    expect(spans).toContainEqual(expect.objectContaining({ parentId: 'r1', status: 'error', attributes: { n: 3 } }))
    expect(spans).toContainEqual(expect.objectContaining({ name: 'exchange' }))
    expect(await spansOf(TRACE, 'globex')).toEqual([])
  })

  const good = { name: 'x', kind: 'tool', start: 5, end: 6 }
  it.each<[object, string]>([
    [{}, 'spans'],
    [{ spans: [] }, 'spans'],
    [{ spans: Array.from({ length: 101 }, () => good) }, 'spans'],
    [{ spans: [good, { ...good, kind: 'magic' }] }, 'spans[1].kind'],
    [{ spans: [{ ...good, end: 4 }] }, 'spans[0].end'],
    [{ spans: [{ ...good, start: 'soon' }] }, 'spans[0].start'],
    [{ spans: [{ ...good, attributes: { deep: {} } }] }, 'spans[0].attributes.deep'],
    [{ spans: [{ ...good, color: 'red' }] }, 'spans[0].color'],
  ])('that are wrong are refused with their place: %#', async (body, param) => {
    expect(await send(TRACE, body)).toMatchObject({ status: 400, body: { error: { param } } })
  })

  it('need the id of a trace', async () => {
    expect((await send('nonsense', { spans: [good] })).status).toBe(404)
  })
})

describe('spans in process', () => {
  it('hold how long a step took and whether it failed, and the step gives what it gives', async () => {
    const { traceId } = await chat()
    const trace = running.gateway.trace(traceId)
    expect(await trace.span('retrieval', async () => 42)).toBe(42)
    const failing = trace.span('clean up', () => Promise.reject(new Error('no')), { kind: 'postprocess' })
    await expect(failing).rejects.toThrow('no')
    const spans = await spansOf(traceId)
    expect(spans).toContainEqual(expect.objectContaining({ name: 'retrieval', kind: 'retrieval', status: 'ok' }))
    expect(spans).toContainEqual(expect.objectContaining({ name: 'clean up', kind: 'postprocess', status: 'error' }))
  })

  it('that belong to nobody fail no step, and are logged; with a tenant they are kept', async () => {
    const traceId = 'c3'.repeat(16)
    expect(await running.gateway.trace(traceId).span('prompt', () => 1)).toBe(1)
    expect(warnings).toContainEqual(expect.objectContaining({ trace_id: traceId, span: 'prompt' }))
    await running.gateway.trace(traceId, { tenantId: 'acme' }).span('prompt', () => 1)
    expect(await spansOf(traceId)).toMatchObject([{ name: 'prompt', kind: 'prompt' }])
  })
})

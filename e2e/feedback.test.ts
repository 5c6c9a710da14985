import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * What users think of answers: over HTTP with a virtual key, and from product code in process.
 */

const ADMIN = 'hg-admin-for-tests-0123456789'
let running: Running

beforeEach(async () => {
  running = await startRunning()
})
afterEach(() => running.stop())

async function answered(tenantId = 'acme'): Promise<string> {
  const answer = await running.gateway.chat({
    tenantId,
    feature: 'chat',
    model: 'via-openai',
    messages: [{ role: 'user', content: 'Hi.' }],
  })
  return answer.traceId
}

/** As a caller who is bound to a tenant. */
async function say(tenantId: string, body: unknown) {
  const call = running.gateway.fetchFor({ tenantId, feature: 'chat', userId: 'u_7' })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const reply = await call('http://headgate/v1/feedback', init)
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> & { error?: { param: string } } }
}

it('keeps what a user says of a trace of their own tenant, with what it is about', async () => {
  const traceId = await answered()
  const first = await say('acme', { trace_id: traceId, score: 0.5, label: 'fine', comment: 'Good enough.' })
  expect(first).toMatchObject({
    status: 200,
    body: { trace_id: traceId, tenant_id: 'acme', user_id: 'u_7', model: 'oa/m', score: 0.5, label: 'fine' },
  })
  const second = await say('acme', { trace_id: traceId, score: -1 })
  expect(second.body).toMatchObject({ id: first.body.id, score: -1, label: null, comment: null })
  await running.gateway.feedback(traceId, { score: 1, userId: 'u_8' })
  const kept = await running.service.house.storage.feedback.of(traceId, 'acme')
  expect(kept.map(({ userId, score }) => [userId, score])).toEqual([
    ['u_8', 1],
    ['u_7', -1],
  ])
})

it('does not know the traces of others, nor those that never were', async () => {
  const traceId = await answered('globex')
  expect((await say('acme', { trace_id: traceId, score: 1 })).status).toBe(404)
  expect((await say('acme', { trace_id: 'f'.repeat(32), score: 1 })).status).toBe(404)
  expect((await say('acme', { trace_id: 'no id', score: 1 })).status).toBe(404)
  expect(await running.service.house.storage.feedback.of(traceId, null)).toEqual([])
  await expect(running.gateway.feedback('f'.repeat(32), { score: 1 })).rejects.toMatchObject({ code: 'not_found' })
})

it.each([
  ['score', { score: 1.5 }],
  ['score', { score: -1.01 }],
  ['score', { score: '1' }],
  ['score', {}],
  ['trace_id', { trace_id: 7, score: 1 }],
  ['comment', { score: 1, comment: 'x'.repeat(10_001) }],
  ['label', { score: 1, label: {} }],
  ['stars', { score: 1, stars: 5 }],
])('refuses a bad %s and names it', async (field, changes) => {
  const reply = await say('acme', { trace_id: await answered(), ...changes })
  expect([reply.status, reply.body.error?.param]).toEqual([400, field])
})

it('asks for a key over HTTP', async () => {
  const secured = await startRunning(() => ({ auth: { mode: 'keys' } }))
  const init = { method: 'POST', headers: { authorization: `Bearer ${ADMIN}` }, body: '{}' }
  expect((await fetch(`${secured.url}/v1/feedback`, init)).status).toBe(401)
  await secured.stop()
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { traceView } from '../src/tracing/trace-view.ts'
import { RawClient } from './raw-client.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* Two tenants with keys of their own: neither reads, breaks or spoils what is the other's, whatever it knows of it. */

let running: Running
const keys: Record<string, string> = {}

beforeAll(async () => {
  running = await startRunning(() => ({ auth: { mode: 'keys' } }))
  for (const tenant of ['acme', 'globex']) {
    const { storage, clock } = running.service.house
    const { key } = await issueKey(storage.keys, { kind: 'tenant', tenantId: tenant }, clock.now())
    keys[tenant] = key.reveal()
  }
})
afterAll(() => running.stop())

const CHAT = '/v1/chat/completions'
const BODY = JSON.stringify({ model: 'via-openai', messages: [{ role: 'user', content: 'Hi.' }] })

function call(tenant: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(running.url + CHAT, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[tenant]}`, 'x-headgate-feature': tenant, ...headers },
    body: BODY,
  })
}

async function traceOf(tenant: string, id: string): Promise<{ status: number; trace: ReturnType<typeof traceView> }> {
  const reply = await fetch(`${running.url}/v1/traces/${id}`, { headers: { authorization: `Bearer ${keys[tenant]}` } })
  return { status: reply.status, trace: (await reply.json()) as ReturnType<typeof traceView> }
}

describe('a trace id that two tenants use', () => {
  it.each(['tr_shared', '4bf92f3577b34da6a3ce929d0e0e4736'])('gives each its own trace: %s', async (id) => {
    const headers = { 'x-headgate-trace-id': id }
    expect((await call('acme', headers)).headers.get('x-headgate-trace-id')).toBe(id)
    const before = await traceOf('acme', id)
    expect((await traceOf('globex', id)).status).toBe(404)

    const other = await call('globex', headers)
    expect([other.status, other.headers.get('x-headgate-trace-id')]).toEqual([200, id])
    expect(await traceOf('acme', id)).toEqual(before)
    const theirs = await traceOf('globex', id)
    expect(theirs.trace).toMatchObject({ tenant_id: 'globex', feature: 'globex', attempts: [{ status: 'completed' }] })
    expect(JSON.stringify(theirs.trace)).not.toContain('acme')

    const { rows } = await running.service.house.storage.reader.events({ limit: 10, traceId: id })
    expect(rows.map(({ tenantId, cost }) => [tenantId, cost > 0n]).toSorted()).toEqual([
      ['acme', true],
      ['globex', true],
    ])
  })

  it('keeps all attempts of one tenant that uses it twice', async () => {
    for (let count = 0; count < 2; count += 1) await call('acme', { 'x-headgate-trace-id': 'tr_twice' })
    expect((await traceOf('acme', 'tr_twice')).trace.attempts).toHaveLength(2)
  })
})

describe('two keys in one request', () => {
  it.each([
    ['in two headers', (one: string, two: string) => [`authorization: Bearer ${one}`, `x-api-key: ${two}`]],
    ['in one header', (one: string, two: string) => [`x-api-key: ${one}`, `x-api-key: ${two}`]],
    [
      'in one header of which most servers see the first',
      (one: string, two: string) => [`authorization: Bearer ${one}`, `authorization: Bearer ${two}`],
    ],
  ])('are refused: %s', async (_, headers) => {
    const client = await RawClient.to(running.url)
    client.send('POST', CHAT, headers(keys.acme ?? '', keys.globex ?? ''), BODY)
    const reply = await client.reply()
    expect([400, 401]).toContain(reply.status)
    client.socket.destroy()
  })
})

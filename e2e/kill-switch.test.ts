import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import type { KillScope } from '../src/storage/contracts/kill-switch-store.ts'
import { startTestServer, type TestServer } from '../src/storage/postgres/test-server.contract.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* Two gateways on one database: what is switched off on one is off on both, for calls that come and for calls that run. */

let server: TestServer
let here: Running
let there: Running

beforeAll(async () => {
  server = await startTestServer()
  const url = await server.createDatabase()
  const config = (): Partial<ConfigInput> => ({
    storage: { url },
    models: { 'via-openai': ['oa/m'], 'via-anthropic': ['an/m'], either: ['oa/m', 'an/m'] },
  })
  here = await startRunning(config)
  there = await startRunning(config)
})
afterAll(async () => {
  await Promise.all([here.stop(), there.stop()])
  await server.close()
})
beforeEach(() => {
  for (const { wall } of [here, there]) wall.plan(null)
})
afterEach(async () => {
  const { switches, storage } = here.service.house
  for (const { id } of await storage.killSwitches.list()) await switches.off(id, { actor: 'test', reason: null })
  await there.service.house.switches.poll()
})

async function switchOff(scope: KillScope): Promise<void> {
  const ask = { scope, reason: 'a runaway agent', actor: 'key_1', cause: null, endsAt: null }
  await here.service.house.switches.on(ask)
}

function call(on: Running, ask: Record<string, unknown> = {}, path = '/v1/chat/completions'): Promise<Response> {
  const { tenant_id = 'acme', ...rest } = ask
  const context = { tenantId: String(tenant_id), feature: 'e2e' }
  return on.gateway.fetchFor(context)(`http://headgate${path}`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'via-openai',
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Say it.' }],
      ...rest,
    }),
  })
}

const codeOf = (reply: Response): readonly [number, string | null] => [
  reply.status,
  reply.headers.get('x-headgate-error'),
]

/** A reply's first bytes, and the promise of all of them. */
async function begun(reply: Promise<Response>): Promise<{ readonly rest: Promise<string> }> {
  const reader = (await reply).body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) throw new Error('there is no body')
  let text = (await reader.read()).value ?? ''
  const rest = (async () => {
    for (let step = await reader.read(); !step.done; step = await reader.read()) text += step.value
    return text
  })()
  return { rest }
}

async function rowOf(on: Running, tenantId: string) {
  const { rows } = await on.service.house.storage.reader.events({ limit: 1, tenantId })
  return rows[0]
}

describe('a switch that is turned on at one gateway', () => {
  it('refuses the calls of its scope there with the next call, elsewhere a moment later, and no others', async () => {
    await switchOff({ tenant: 'acme' })
    expect(codeOf(await call(here))).toEqual([403, 'kill_switch_on'])
    await expect.poll(async () => codeOf(await call(there)), { timeout: 5_000 }).toEqual([403, 'kill_switch_on'])
    for (const on of [here, there]) expect((await call(on, { tenant_id: 'globex' })).status).toBe(200)
    expect(await rowOf(here, 'acme')).toMatchObject({ status: 'refused', errorCode: 'kill_switch_on', cost: 0n })
  })
})

it('stops and lets through again over HTTP, wherever the operator and the callers are', async () => {
  const { storage, clock } = here.service.house
  const { key } = await issueKey(storage.keys, { kind: 'admin' }, clock.now())
  const headers = { authorization: `Bearer ${key.reveal()}`, 'content-type': 'application/json' }
  const path = '/admin/v1/kill-switches'
  const ask = (on: Running, stream = false) =>
    fetch(`${on.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
      body: JSON.stringify({ model: 'via-openai', stream, messages: [{ role: 'user', content: 'Say it.' }] }),
    })
  there.wall.plan({ tokens: 400, chunks: 1, betweenEventsMs: 50 })
  const stopped = await begun(ask(there, true))
  const body = JSON.stringify({ scope: { feature: 'e2e' }, reason: 'a runaway agent' })
  const made = await fetch(here.url + path, { method: 'POST', headers, body })
  expect(made.status).toBe(201)
  expect(codeOf(await ask(here))).toEqual([403, 'kill_switch_on'])
  const text = await stopped.rest
  expect([text.includes('kill_switch_on'), text.includes('[DONE]')]).toEqual([true, false])
  expect(codeOf(await ask(there))).toEqual([403, 'kill_switch_on'])

  there.wall.plan(null)
  const { id } = (await made.json()) as { id: string }
  expect((await fetch(`${there.url}${path}/${id}`, { method: 'DELETE', headers })).status).toBe(204)
  expect((await ask(there)).status).toBe(200)
  await expect.poll(async () => (await ask(here)).status, { timeout: 5_000 }).toBe(200)
})

describe('a stream that runs when its scope is switched off', () => {
  it.each([
    ['/v1/chat/completions', 'via-openai', '[DONE]'],
    ['/v1/chat/completions', 'via-anthropic', '[DONE]'],
    ['/v1/messages', 'via-anthropic', 'message_stop'],
    ['/v1/messages', 'via-openai', 'message_stop'],
  ])('ends with an error of its format and without its success marker: %s %s', async (path, model, marker) => {
    there.wall.plan({ tokens: 400, chunks: 1, betweenEventsMs: 50 })
    const stopped = await begun(call(there, { model, stream: true }, path))
    await switchOff({ tenant: 'acme' })
    const text = await stopped.rest
    expect(text).toContain('kill_switch_on')
    expect(text).toContain('a runaway agent')
    expect(text).not.toContain(marker)
    const row = await rowOf(there, 'acme')
    expect(row).toMatchObject({ status: 'incomplete', errorCode: 'kill_switch_on' })
    expect(row?.cost).toBeGreaterThan(0n)
  })

  it('ends for the library too, and leaves streams of others alone', async () => {
    here.wall.plan({ tokens: 60, chunks: 1, betweenEventsMs: 20 })
    const other = await begun(call(here, { tenant_id: 'globex', stream: true }))
    const stream = here.gateway.stream({
      tenantId: 'acme',
      feature: 'e2e',
      model: 'via-openai',
      messages: [{ role: 'user', content: 'Say it.' }],
    })
    const read = (async () => {
      for await (const event of stream) if (event.type === 'text-delta') await switchOff({ tenant: 'acme' })
    })()
    await expect(read).rejects.toMatchObject({ code: 'kill_switch_on' })
    expect(await other.rest).toContain('[DONE]')
  })

  it('ends when what serves it is switched off', async () => {
    here.wall.plan({ tokens: 400, chunks: 1, betweenEventsMs: 50 })
    const stopped = await begun(call(here, { model: 'either', stream: true }))
    await switchOff({ provider: 'an' })
    await switchOff({ provider: 'oa' })
    expect(await stopped.rest).toContain('provider=oa is switched off')
  })
})

it('ends a call that waits for its answer', async () => {
  here.wall.plan({ firstByteDelayMs: 4_000 })
  const seen = here.wall.calls.length
  const waiting = call(here)
  await expect.poll(() => here.wall.calls.length).toBe(seen + 1)
  await switchOff({ feature: 'e2e' })
  expect(codeOf(await waiting)).toEqual([403, 'kill_switch_on'])
})

describe('a model or provider that is switched off', () => {
  it.each([[{ provider: 'oa' }], [{ model: 'oa/m' }], [{ provider: 'oa', tenant: 'acme' }]])(
    'leaves the route to the next deployment, and the trace says why: %j',
    async (scope) => {
      await switchOff(scope)
      const reply = await call(here, { model: 'either' })
      expect([reply.status, reply.headers.get('x-headgate-model')]).toEqual([200, 'an/m'])
      const trace = await here.service.house.storage.reader.trace(reply.headers.get('x-headgate-trace-id') ?? '', null)
      expect(trace?.request?.decision).toMatchObject({
        candidates: [
          { deployment: 'oa/m', taken: false, reason: 'kill_switch_on', detail: expect.stringContaining('runaway') },
          { deployment: 'an/m', taken: true },
        ],
      })
    },
  )

  it('refuses the call only when nothing else is left', async () => {
    await switchOff({ provider: 'oa' })
    expect(codeOf(await call(here))).toEqual([403, 'kill_switch_on'])
    await switchOff({ model: 'm' })
    expect(codeOf(await call(here, { model: 'either' }))).toEqual([403, 'kill_switch_on'])
  })

  it('is not fallen back to by a call that was routed before', async () => {
    here.wall.plan({ firstByteDelayMs: 500, fault: { kind: 'status', status: 401 } })
    const seen = here.wall.calls.length
    const waiting = call(here, { model: 'either' })
    await expect.poll(() => here.wall.calls.length).toBe(seen + 1)
    await switchOff({ provider: 'an' })
    expect(codeOf(await waiting)).toEqual([403, 'kill_switch_on'])
    expect(here.wall.calls.length).toBe(seen + 1)
  })
})

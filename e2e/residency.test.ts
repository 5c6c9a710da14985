import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startWall } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Where data goes, by what providers saw. Each region is a wall of its own: what its log does not hold never reached it.
 */

let running: Running
let abroad: Running['wall']

beforeEach(async () => {
  abroad = await startWall()
  running = await startRunning((wall) => {
    const model = { type: 'openai', api_key: 'sk', models: { m: MODEL } } as const
    return {
      providers: {
        us: { ...model, base_url: abroad.openaiUrl, region: 'us' },
        unknown: { ...model, base_url: abroad.openaiUrl },
        eu: { ...model, base_url: wall.openaiUrl, region: 'eu' },
        home: { ...model, base_url: wall.openaiUrl, region: 'eu', private: true },
      },
      models: { large: ['us/m', 'unknown/m', 'eu/m', 'home/m'], foreign: ['us/m', 'unknown/m'] },
      tenants: { acme: { region: 'eu', daily_usd_limit: 0.0001 }, rich: { region: 'eu' } },
      tasks: {
        answer: { default: 'large', fallback: 'foreign' },
        easing: { default: 'large', on_limit: { action: 'downgrade', downgrade_to: 'foreign' } },
      },
    }
  })
})
afterEach(async () => {
  await running.stop()
  await abroad.close()
})

async function send(model: string, context: Record<string, string> = {}, path = '/v1/chat/completions') {
  const call = running.gateway.fetchFor({ tenantId: 'rich', feature: 'test', ...context })
  const reply = await call(`http://headgate${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  const header = (name: string) => reply.headers.get(`x-headgate-${name}`)
  return { status: reply.status, error: header('error'), model: header('model'), text: await reply.text() }
}

describe('a tenant whose data stays in a region', () => {
  it('is served there', async () => {
    expect(await send('answer')).toMatchObject({ status: 200, model: 'eu/m' })
    expect(abroad.calls).toHaveLength(0)
  })

  it('fails there too: nothing leaves when all of the region is down', async () => {
    running.wall.plan({ fault: { kind: 'status', status: 503 } })
    expect((await send('answer')).status).toBe(502)
    expect(new Set(running.wall.calls.map(({ key }) => key)).size).toBeGreaterThan(0)
    expect(abroad.calls).toHaveLength(0)
  })

  it('is refused where nothing of its region could serve, whatever it says of itself', async () => {
    for (const model of ['foreign', 'us/m', 'unknown/m']) {
      expect(await send(model, { region: 'us' })).toMatchObject({ status: 403, error: 'residency_violation' })
    }
    const { rows } = await running.service.house.storage.reader.requests({ limit: 10 })
    expect(rows.find(({ requestedModel }) => requestedModel === 'unknown/m')?.decision).toMatchObject({
      chosen: null,
      candidates: [{ deployment: 'unknown/m', taken: false, reason: 'outside_region' }],
    })
    expect(await send('foreign', {}, '/v1/messages/count_tokens')).toMatchObject({ error: 'residency_violation' })
    expect(abroad.calls).toHaveLength(0)
  })

  it('does not leave it at a limit: the cheaper model is elsewhere', async () => {
    expect(await send('easing', { tenantId: 'acme' })).toMatchObject({ status: 429 })
    expect(abroad.calls).toHaveLength(0)
  })
})

describe('restricted data', () => {
  it('goes to a private provider, and to no other when that is down', async () => {
    const context = { tenantId: 'other', dataSensitivity: 'restricted' }
    expect(await send('answer', context)).toMatchObject({ status: 200, model: 'home/m' })
    running.wall.plan({ fault: { kind: 'status', status: 503 } })
    expect((await send('answer', context)).status).toBe(502)
    expect(await send('eu/m', context)).toMatchObject({ status: 403, error: 'residency_violation' })
    expect(abroad.calls).toHaveLength(0)
  })

  it('of calls that are not restricted goes where the task says', async () => {
    expect(await send('answer', { tenantId: 'other' })).toMatchObject({ status: 200, model: 'us/m' })
    expect(abroad.calls).toHaveLength(1)
  })
})

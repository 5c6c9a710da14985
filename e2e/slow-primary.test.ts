import { afterEach, beforeEach, expect, it } from 'vitest'
import { startWall } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* A primary that is well and slow, through the public surface. */

let running: Running
let primary: Running['wall']

beforeEach(async () => {
  primary = await startWall()
  running = await startRunning((wall) => ({
    providers: {
      one: { type: 'openai', base_url: primary.openaiUrl, api_key: 'sk', models: { m: MODEL } },
      two: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: MODEL } },
    },
    models: { large: ['one/m'], medium: ['two/m'] },
    tasks: { quick: { default: 'large', fallback: 'medium', max_latency_ms: 1_200 } },
  }))
})
afterEach(async () => {
  await running.stop()
  await primary.close()
})

async function send(model: string) {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'test' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  await reply.arrayBuffer()
  return reply
}

it('is skipped by a task that has less time than it takes, and the reason is kept with the trace', async () => {
  primary.plan({ firstByteDelayMs: 1_500 })
  for (const reply of await Promise.all(Array.from({ length: 20 }, () => send('large')))) expect(reply.status).toBe(200)
  const reply = await send('quick')
  expect(reply.status).toBe(200)
  expect(reply.headers.get('x-headgate-model')).toBe('two/m')
  expect(primary.calls).toHaveLength(20)
  const { reader } = running.service.house.storage
  const trace = await reader.trace(reply.headers.get('x-headgate-trace-id') ?? '', null)
  expect(trace?.request?.decision).toMatchObject({
    candidates: [
      { deployment: 'one/m', taken: false, reason: 'over_latency_ceiling', p95_ms: expect.any(Number) },
      { deployment: 'two/m', taken: true, p95_ms: null },
    ],
  })
})

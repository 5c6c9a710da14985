import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Which of a logical model's deployments serves, by what the wall saw.
 */

let running: Running

beforeEach(async () => {
  running = await startRunning((wall) => {
    const replica = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: MODEL } } as const
    const dear = { ...MODEL, price: { input_per_mtok: 9, output_per_mtok: 90 } }
    return {
      providers: {
        one: { ...replica, api_key: 'sk-one' },
        two: replica,
        three: replica,
        costly: { ...replica, models: { m: dear } },
      },
      models: {
        shared: {
          deployments: [
            { use: 'one/m', weight: 80 },
            { use: 'two/m', weight: 20 },
          ],
          strategy: 'weighted',
        },
        thrifty: { deployments: ['costly/m', 'two/m'], strategy: 'cheapest' },
        calm: { deployments: ['one/m', 'two/m', 'three/m'], strategy: 'least-busy' },
        near: { deployments: ['one/m', 'two/m', 'three/m'], strategy: 'prefix-affinity' },
        quick: { deployments: ['one/m', 'two/m'], strategy: 'fastest' },
      },
    }
  })
})
afterEach(() => running.stop())

async function servedBy(model: string, system = 'You are kind.', context: Record<string, string> = {}) {
  const call = running.gateway.fetchFor({ tenantId: 'acme', feature: 'test', ...context })
  const reply = await call('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      max_tokens: 5,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: 'Hi.' },
      ],
    }),
  })
  await reply.text()
  return { model: reply.headers.get('x-headgate-model'), route: reply.headers.get('x-headgate-route') }
}

async function counts(calls: number, ask: (call: number) => ReturnType<typeof servedBy>) {
  const found: Record<string, number> = {}
  for (const { model } of await Promise.all(Array.from({ length: calls }, (_, call) => ask(call)))) {
    found[model ?? 'nobody'] = (found[model ?? 'nobody'] ?? 0) + 1
  }
  return found
}

describe('one of several deployments', () => {
  it('weighted: has its part of the calls, and takes over when the other fails', async () => {
    const found = await counts(300, () => servedBy('shared'))
    expect(found['one/m']).toBeGreaterThan(200)
    expect(found['two/m']).toBeGreaterThan(25)
    running.wall.plan(({ key }) => (key === 'sk-one' ? { fault: { kind: 'status', status: 503 } } : 'ok'))
    expect(await counts(5, () => servedBy('shared'))).toEqual({ 'two/m': 5 })
  })

  it('weighted: stays the same for an agent run', async () => {
    const found = await counts(30, () => servedBy('shared', 'x', { runId: 'r1' }))
    expect(Object.keys(found)).toHaveLength(1)
  })

  it('cheapest: is the one that costs least', async () => {
    expect((await servedBy('thrifty')).model).toBe('two/m')
  })

  it('least-busy: is one where no call runs', async () => {
    running.wall.plan({ firstByteDelayMs: 2_000 })
    const calls: ReturnType<typeof servedBy>[] = []
    for (let call = 1; call <= 9; call += 1) {
      calls.push(servedBy('calm'))
      await expect.poll(() => running.wall.calls.length, { timeout: 5_000 }).toBe(call)
    }
    const found = await counts(9, (call) => calls[call] ?? servedBy('calm'))
    expect(found).toEqual({ 'one/m': 3, 'two/m': 3, 'three/m': 3 })
  })

  it('prefix-affinity: is the same for prompts that begin the same', async () => {
    for (let call = 0; call < 3; call += 1) {
      expect((await servedBy('near')).model).toBe((await servedBy('near')).model)
    }
    const homes = new Set<string | null>()
    for (let call = 0; call < 30; call += 1) homes.add((await servedBy('near', `You are number ${call}.`)).model)
    expect(homes.size).toBe(3)
  })

  it('fastest: is one that serves while nothing is known of either', async () => {
    expect(['one/m', 'two/m']).toContain((await servedBy('quick')).model)
  })
})

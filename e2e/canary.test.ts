import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* A model that is tried on a share of a task's calls. */

let running: Running

beforeAll(async () => {
  running = await startRunning((wall) => {
    const cheap = { ...MODEL, price: { input_per_mtok: 0.1, output_per_mtok: 1 } }
    const oa = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { usual: MODEL, tried: cheap } }
    const fallback_policy = { allow_downgrade: false }
    return {
      providers: { oa },
      models: { large: ['oa/usual'], fresh: ['oa/tried'] },
      tasks: {
        answer: { default: 'large', canary: { use: 'fresh', weight: 0.3 } },
        strict: { default: 'large', canary: { use: 'fresh', weight: 1 }, fallback_policy },
      },
    }
  })
})
afterAll(() => running.stop())
beforeEach(() => running.wall.plan('ok'))

async function send(task: string, userId: string) {
  const answer = await running.gateway.chat({
    tenantId: 'acme',
    userId,
    feature: 'chat',
    task,
    messages: [{ role: 'user', content: 'Hi.' }],
  })
  return { model: answer.model, answer }
}

describe('a canary', () => {
  it('serves its share of the users, each of them every time, and the trace says so', async () => {
    const users = Array.from({ length: 60 }, (_, user) => `u${user}`)
    const once = await Promise.all(users.map((user) => send('answer', user)))
    const again = await Promise.all(users.map((user) => send('answer', user)))
    expect(again.map(({ answer }) => answer.route)).toEqual(once.map(({ answer }) => answer.route))
    const tried = once.filter(({ answer }) => answer.route === 'fresh')
    expect(tried.length).toBeGreaterThan(4)
    expect(tried.length).toBeLessThan(35)
    const trace = await running.service.house.storage.reader.trace(tried[0]?.answer.traceId ?? '', 'acme')
    expect(trace?.request?.decision).toMatchObject({
      rule: { task: 'answer', text: 'task answer: large; canary fresh, tried on 0.3 of the calls' },
      candidates: [
        { deployment: 'oa/tried', reason: 'canary' },
        { deployment: 'oa/usual', reason: 'default' },
      ],
    })
  })

  it('is no downgrade, and what stands behind it takes over', async () => {
    expect((await send('strict', 'u1')).answer.route).toBe('fresh')
    running.wall.plan(({ model }) => (model === 'tried' ? { fault: { kind: 'status', status: 503 } } : 'ok'))
    const { answer } = await send('strict', 'u1')
    expect(answer.route).toBe('fresh -> large')
    const trace = await running.service.house.storage.reader.trace(answer.traceId, 'acme')
    expect(trace?.request).toMatchObject({ fallbackReason: 'server_error', flags: [] })
  })
})

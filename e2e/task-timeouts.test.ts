import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fillerText } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* The clocks of a task, where its providers are patient for half a minute. */

let running: Running

beforeAll(async () => {
  running = await startRunning((wall) => {
    const timeouts = { connect: '2s', first_byte: '30s', first_token: '30s', idle: '30s', total: '60s' }
    const provider = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', timeouts }
    return {
      models: { small: ['two/m'] },
      providers: { one: { ...provider, models: { slow: MODEL } }, two: { ...provider, models: { m: MODEL } } },
      metadata: { required: [] },
      tasks: {
        'quick-start': { default: 'one/slow', fallback: 'two/m', timeouts: { first_token: '500ms' } },
        'quick-reply': { default: 'one/slow', fallback: 'two/m', timeouts: { first_byte: '500ms' } },
        'quick-whole': { default: 'one/slow', fallback: 'two/m', timeouts: { total: '500ms' } },
        steady: { default: 'one/slow', timeouts: { idle: '700ms' } },
        patient: { default: 'one/slow' },
      },
    }
  })
})
afterAll(() => running.stop())
beforeEach(() => running.wall.clear())

async function send(model: string, stream: boolean) {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  const header = (name: string) => reply.headers.get(`x-headgate-${name}`)
  return { status: reply.status, header, text: await reply.text() }
}

describe('a clock of the task', () => {
  it.each([
    ['quick-start', true, { firstTokenDelayMs: 20_000, commentEveryMs: 100 }],
    ['quick-reply', true, { firstByteDelayMs: 20_000 }],
    ['quick-whole', false, { firstByteDelayMs: 20_000 }],
  ] as const)('ends an attempt that is late, and another deployment serves: %s', async (task, stream, late) => {
    running.wall.plan(({ model }) => (model === 'slow' ? late : {}))
    const sent = await send(task, stream)
    expect([sent.status, sent.header('model'), sent.header('fallback')]).toEqual([200, 'two/m', 'timeout'])
    expect(running.wall.calls.map(({ outcome }) => outcome)).toEqual(['aborted', 'completed'])
  })

  it('ends a stream that stalls in its middle, and the next call of the deployment is served', async () => {
    running.wall.plan({ tokens: 9, fault: { kind: 'stall', after: 3 } })
    const sent = await send('steady', true)
    expect(sent.text).toContain('upstream_timeout')
    expect(sent.text).not.toContain('[DONE]')
    running.wall.plan({})
    expect((await send('steady', true)).text).toContain('[DONE]')
  })

  it('takes comments for life in the middle of a stream', async () => {
    running.wall.plan({ tokens: 3, betweenEventsMs: 1_200, commentEveryMs: 100 })
    const { text } = await send('steady', true)
    expect([...text.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('')).toBe(fillerText(3))
  })

  it('is not that of another task', async () => {
    running.wall.plan({ firstByteDelayMs: 1_000 })
    expect((await send('patient', false)).header('model')).toBe('one/slow')
  })
})

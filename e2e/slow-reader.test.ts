import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { fillerText } from '../src/testing/index.ts'
import { RawClient } from './raw-client.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Who sets the pace of a stream. A slow reader slows its provider down and fills nobody's memory; a silent provider is left, and comments are life only in the
 * middle of an answer, never in place of its first word.
 */

/** Far more than fits into all the buffers between the provider and its caller. */
const TOKENS = 3_000_000
const ENDLESS = { ...MODEL, context: 2 * TOKENS, max_output: TOKENS }

let running: Running

beforeAll(async () => {
  running = await startRunning((wall) => {
    const timeouts = { connect: '2s', first_byte: '30s', first_token: '30s', idle: '30s', total: '60s' }
    const calm = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: ENDLESS }, timeouts }
    const hasty = {
      ...calm,
      timeouts: { ...timeouts, first_token: '1s', idle: '1s' },
      models: { slow: ENDLESS, m: ENDLESS },
    }
    return { providers: { calm, hasty }, models: { pair: ['hasty/slow', 'hasty/m'] }, metadata: { required: [] } }
  })
})
afterAll(() => running.stop())
beforeEach(() => running.wall.clear())

const ask = (model: string) =>
  JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Go on.' }], max_tokens: TOKENS })

it('holds the provider back while its caller takes nothing, and books what came when that one leaves', async () => {
  running.wall.plan({ tokens: TOKENS, chunks: 2_000 })
  const client = await RawClient.to(running.url)
  client.socket.pause()
  client.send('POST', '/v1/chat/completions', ['x-headgate-trace-id: tr_takes-nothing'], ask('calm/m'))
  const stuck = await running.wall.waitFor(({ drains }) => drains > 0)
  expect(stuck.outcome).toBe('open')
  client.socket.destroy()
  const left = await running.wall.waitFor(({ outcome }) => outcome !== 'open')
  expect(left.outcome).toBe('aborted')
  const { reader } = running.service.house.storage
  const row = await vi.waitUntil(async () => (await reader.events({ limit: 5, traceId: 'tr_takes-nothing' })).rows[0])
  expect(row).toMatchObject({ status: 'client_gone' })
})

async function textOf(model: string): Promise<{ text: string; served: string | null }> {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: ask(model),
  })
  const body = await reply.text()
  const text = [...body.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join('')
  return { text, served: reply.headers.get('x-headgate-model') }
}

it('lets a provider that comments be slow in the middle of an answer', async () => {
  running.wall.plan({ tokens: 3, betweenEventsMs: 1_500, commentEveryMs: 100 })
  expect((await textOf('hasty/m')).text).toBe(fillerText(3))
})

it('leaves a provider that comments and never begins', async () => {
  running.wall.plan(({ model }) => ({
    tokens: 3,
    ...(model === 'slow' ? { firstTokenDelayMs: 60_000, commentEveryMs: 100 } : {}),
  }))
  expect(await textOf('pair')).toEqual({ text: fillerText(3), served: 'hasty/m' })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

/* A number of 64 bits in the arguments of a tool crosses the gateway digit for digit, from a caller of one format to a provider of another and back. */

const LONG = '1234567890123456789'

let running: Running

beforeAll(async () => {
  running = await startRunning()
})
afterAll(() => running.stop())

async function post(path: string, body: string): Promise<string> {
  const reply = await fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
    body,
  })
  return reply.text()
}

it('in the conversation that a caller sends', async () => {
  running.wall.plan(null)
  running.wall.clear()
  const turns = [
    '{"role":"user","content":"Look."}',
    `{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"look","input":{"id":${LONG}}}]}`,
    '{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"Yes."}]}',
  ]
  await post('/v1/messages', `{"model":"via-openai","max_tokens":50,"messages":[${turns.join(',')}]}`)
  expect(running.wall.calls[0]?.rawBody).toContain(LONG)
})

it('in the answer of a provider', async () => {
  const content = `[{"type":"tool_use","id":"toolu_1","name":"look","input":{"id":${LONG}}}]`
  const usage = '{"input_tokens":1,"output_tokens":1}'
  const body = `{"id":"m","type":"message","role":"assistant","model":"m","content":${content},"stop_reason":"tool_use","usage":${usage}}`
  running.wall.plan({ raw: { status: 200, headers: { 'content-type': 'application/json' }, body } })
  const reply = await post(
    '/v1/chat/completions',
    '{"model":"via-anthropic","messages":[{"role":"user","content":"Look."}]}',
  )
  expect(reply).toContain(LONG)
})

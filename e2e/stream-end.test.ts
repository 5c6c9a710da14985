import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FaultKind } from '../src/testing/index.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * How streams end. Some hosts end a whole answer without their format's success marker, and some then keep the connection open. Clients
 * wait for the marker, so each must see it, once, whichever way its stream came; and never when the answer is not whole.
 */

let running: Running

beforeAll(async () => {
  running = await startRunning()
})
afterAll(() => running.stop())

const CLIENTS = [
  { client: 'openai', path: '/v1/chat/completions', marker: 'data: [DONE]\n\n' },
  { client: 'anthropic', path: '/v1/messages', marker: 'event: message_stop\ndata: {"type":"message_stop"}\n\n' },
] as const
const WAYS = CLIENTS.flatMap((client) =>
  (['via-openai', 'via-anthropic'] as const).flatMap((model) =>
    (['no-done', 'no-done-hang'] as const).map((fault: FaultKind) => ({ ...client, model, fault })),
  ),
)

async function streamed(path: string, ask: object): Promise<string> {
  const reply = await fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
    body: JSON.stringify({ ...ask, stream: true, messages: [{ role: 'user', content: 'Say it.' }] }),
  })
  return reply.text()
}

it.each(WAYS)('gives the $client client its marker once, $model, $fault', async ({ path, marker, model, fault }) => {
  running.wall.plan({ text: 'All of it.', fault: { kind: fault } as { kind: 'no-done' | 'no-done-hang' } })
  const text = await streamed(path, { model, max_tokens: 500 })
  expect(text.split(marker)).toHaveLength(2)
  expect(text.endsWith(marker)).toBe(true)
  expect(text).not.toContain('"error"')
})

it('takes two answers for whole when both are', async () => {
  const chunk = (index: number, content: string, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index, delta: { content }, finish_reason: finish }] })}\n\n`
  const one = [chunk(0, 'One', null), chunk(1, 'An', null), chunk(1, 'other', null), chunk(0, '.', 'stop')]
  const headers = { 'content-type': 'text/event-stream' }
  const ask = async (body: string) => {
    running.wall.plan({ raw: { status: 200, headers, body } })
    return streamed('/v1/chat/completions', { model: 'via-openai', n: 2 })
  }
  expect(await ask(one.join(''))).toContain('upstream_truncated')
  expect(await ask([...one, chunk(1, '.', 'stop')].join(''))).toMatch(/data: \[DONE\]\n\n$/)
})

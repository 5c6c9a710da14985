import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../src/testing/index.ts'
import { startAllUpstreams, UPSTREAMS } from './all-upstreams.ts'
import type { Running } from './running-gateway.ts'

/* An upstream's refusal, whatever its body looks like, is an error in the caller's own envelope: short, with the words of the provider where it has any. */

let running: Running

beforeAll(async () => {
  running = await startAllUpstreams()
})
afterAll(() => running.stop())

type Reply = { readonly error: Record<string, unknown>; readonly type?: string }
const MESSAGES = [{ role: 'user', content: 'Say it.' }]
const CALLERS = [
  {
    caller: 'openai-chat',
    ask: (model: string) => ['/v1/chat/completions', { model, messages: MESSAGES }] as const,
    kindOf: ({ error }: Reply) => error.code,
  },
  {
    caller: 'openai-responses',
    ask: (model: string) => ['/v1/responses', { model, store: false, input: 'Say it.' }] as const,
    kindOf: ({ error }: Reply) => error.code,
  },
  {
    caller: 'anthropic-messages',
    ask: (model: string) => ['/v1/messages', { model, max_tokens: 50, messages: MESSAGES }] as const,
    kindOf: ({ type }: Reply) => (type === 'error' ? 'invalid_request' : type),
  },
  {
    caller: 'google-generate-content',
    ask: (model: string) =>
      [`/v1beta/models/${model}:generateContent`, { contents: [{ parts: [{ text: 'Say it.' }] }] }] as const,
    kindOf: ({ error }: Reply) => (error.status === 'INVALID_ARGUMENT' ? 'invalid_request' : error.status),
  },
] as const
const PAIRS = CALLERS.flatMap((each) => UPSTREAMS.map(({ name }) => ({ ...each, upstream: name })))

type Body = NonNullable<Extract<Fault, { kind: 'status' }>['body']>

/** Bodies, and the words of the provider in them. */
const BODIES: readonly (readonly [string, Body, string?])[] = [
  ['a web page', 'html'],
  ['nothing', 'empty'],
  ['a megabyte', 'large'],
  [
    'a list of errors',
    { text: '[{"error":{"code":400,"message":"Too blue.","status":"INVALID_ARGUMENT"}}]' },
    'Too blue.',
  ],
  ['a text as the error', { text: '{"error":"Too blue."}' }, 'Too blue.'],
  ['a message beside no error', { text: '{"message":"Too blue."}' }, 'Too blue.'],
  ['an error in an error', { text: '{"error":{"error":{"message":"Too blue."}}}' }, 'Too blue.'],
  ['a list of details', { text: '{"detail":[{"loc":["body"],"msg":"Too blue."}]}' }, 'Too blue.'],
  ['a bare text', { text: 'Too blue.' }, 'Too blue.'],
  ['null', { text: 'null' }],
  ['broken JSON', { text: '{"error":{"message":"Too' }],
]

describe.each(PAIRS)('a refusal to $caller, $upstream', ({ upstream, ask, kindOf }) => {
  it.each(BODIES.map(([says, body, words]) => ({ says, body, words })))(
    'is in its own envelope when the upstream says $says',
    async ({ body, words }) => {
      running.wall.plan({ fault: { kind: 'status', status: 400, body } })
      const [path, asked] = ask(upstream)
      const reply = await fetch(running.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
        body: JSON.stringify(asked),
      })
      expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([400, 'invalid_request'])
      const said = (await reply.json()) as Reply
      expect(kindOf(said)).toBe('invalid_request')
      const { message } = said.error
      expect(typeof message === 'string' && message !== '' && message.length < 2500).toBe(true)
      expect(message).not.toContain('<html')
      if (words !== undefined) expect(message).toContain(words)
    },
  )
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from './test-service.contract.ts'

/* Who has no access learns that, and nothing of what a call must be; and every reply names a trace, also where nothing became of the request. */

let under: TestService
let key: string
beforeAll(async () => {
  under = await startTestService({ server: { port: 0, drain: '1s', max_body: '2kb' } })
  key = (await under.issue({ kind: 'tenant', tenantId: 'acme' })).key
})
afterAll(() => under.stop())

const MESSAGES = [{ role: 'user', content: 'Hi.' }]
const CHAT = '/v1/chat/completions'

/** Requests in which something is wrong beside the key. */
const WRONG: readonly (readonly [
  string,
  string,
  { readonly headers?: Record<string, string>; readonly body: unknown },
])[] = [
  ['a body that is no JSON', CHAT, { body: '{"model":' }],
  ['a body without a model', CHAT, { body: { messages: MESSAGES } }],
  ['a body of Anthropic without messages', '/v1/messages', { body: { model: 'fast', max_tokens: 5 } }],
  ['a body of Gemini without contents', '/v1beta/models/fast:generateContent', { body: { contents: 5 } }],
  ['a name in the address that is not well-formed', '/v1beta/models/%ff:generateContent', { body: {} }],
  ['a count of nothing', '/v1/messages/count_tokens', { body: { model: 'fast', messages: 5 } }],
  [
    'a mode that does not exist',
    CHAT,
    { headers: { 'x-headgate-mode': 'later' }, body: { model: 'fast', messages: MESSAGES } },
  ],
  [
    'a dry run that is misspelt',
    CHAT,
    { headers: { 'x-headgate-dry-run': 'yes' }, body: { model: 'fast', messages: MESSAGES } },
  ],
  ['a compressed body', CHAT, { headers: { 'content-encoding': 'gzip' }, body: { model: 'fast', messages: MESSAGES } }],
  ['an idempotency key for a bad body', CHAT, { headers: { 'idempotency-key': 'one' }, body: '{' }],
  ['a job of a bad body', CHAT, { headers: { 'x-headgate-mode': 'background' }, body: '{' }],
  ['an explanation of nothing', '/v1/explain', { body: [] }],
  ['feedback on nothing', '/v1/feedback', { body: [] }],
  ['no spans', '/v1/traces/tr_x/spans', { body: [] }],
  ['a tool result that is none', '/v1/guard/tool-result', { body: [] }],
]

describe.each(WRONG)('%s', (_, path, request) => {
  it('is 401 for who has no key, 400 for who has one, and names a trace', async () => {
    for (const [held, status, code] of [
      ['hg_sk_nobody_has_this_one', 401, 'invalid_api_key'],
      [key, 400, 'invalid_request'],
    ] as const) {
      const reply = await under.ask(path, { key: held, ...request })
      expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([status, code])
      expect(reply.headers.get('x-headgate-trace-id')).toMatch(/^[0-9a-f]{32}$/)
    }
  })
})

it('a body that is too large is not read for anybody, and its reply names a trace', async () => {
  const reply = await under.ask(CHAT, { key: 'hg_sk_nobody', body: `{${' '.repeat(3_000)}` })
  expect([reply.status, reply.headers.get('x-headgate-trace-id')?.length]).toEqual([413, 32])
})

it.each([
  ['an explanation', '/v1/explain', { body: { model: 'fast', messages: MESSAGES } }],
  ['a dry run', CHAT, { headers: { 'x-headgate-dry-run': '1' }, body: { model: 'fast', messages: MESSAGES } }],
  ['a list', '/v1/models', {}],
  ['nothing at all', '/v1/never/heard/of', {}],
])('%s continues the trace of its caller', async (_, path, request) => {
  const headers = { ...('headers' in request ? request.headers : {}), 'x-headgate-trace-id': 'tr_mine' }
  const reply = await under.ask(path, { key, ...request, headers })
  expect(reply.headers.get('x-headgate-trace-id')).toBe('tr_mine')
})

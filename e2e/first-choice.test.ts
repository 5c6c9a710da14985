import { afterAll, beforeAll, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* A first choice that policy passes over before the call is a fallback wherever one is told, and a lesser one serves nobody who allows no downgrade. */

const MODELS = { large: ['one/large'], other: ['one/other'], small: ['one/small'] }
const STRICT = { default: 'large', fallback: 'small', fallback_policy: { allow_downgrade: false } }
const TASKS = {
  lesser: { default: 'large', fallback: 'small' },
  equal: { default: 'large', fallback: ['small', 'other'] },
  strict: STRICT,
}

let running: Running

beforeAll(async () => {
  running = await startRunning((wall) => {
    const rated = (output_per_mtok: number, quality: number) => ({
      ...MODEL,
      price: { input_per_mtok: 1, output_per_mtok },
      quality,
    })
    const provider = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk' }
    return {
      providers: { one: { ...provider, models: { large: rated(1_000, 4), other: rated(10, 4), small: rated(10, 2) } } },
      models: MODELS,
      metadata: { required: [] },
      tasks: TASKS,
    }
  })
})
afterAll(() => running.stop())

async function send(model: string, headers: Record<string, string> = {}) {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-max-cost-usd': '0.001', ...headers },
    body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  const header = (name: string) => reply.headers.get(`x-headgate-${name}`)
  return { status: reply.status, header, body: JSON.parse(await reply.text()) }
}

async function series(name: string): Promise<string | undefined> {
  const text = await (await fetch(`${running.service.adminUrl}/metrics`)).text()
  return text.split('\n').find((line) => line.startsWith(name))
}

it('tells of it in headers, records, trace, metrics and explanations', async () => {
  const { status, header } = await send('lesser')
  expect([status, header('model'), header('route')]).toEqual([200, 'one/small', 'large -> small'])
  expect([header('fallback'), header('flags')]).toEqual(['over_cost_ceiling', 'downgraded'])
  const { reader } = running.service.house.storage
  const [row] = (await reader.requests({ limit: 1 })).rows
  expect(row).toMatchObject({ route: 'large -> small', fallbackReason: 'over_cost_ceiling', flags: ['downgraded'] })
  const trace = await reader.trace(header('trace-id') ?? '', null)
  expect(trace?.spans.find(({ name }) => name === 'exchange')?.attributes).toMatchObject({
    'headgate.fallback.reason': 'over_cost_ceiling',
    'headgate.fallback.downgraded': true,
  })
  for (const name of ['fallbacks', 'downgrades'])
    expect(await series(`headgate_${name}_total`)).toBe(`headgate_${name}_total{reason="over_cost_ceiling"} 1`)
  const fallback = { from: 'large', to: 'small', reason: 'over_cost_ceiling', downgrade: true }
  expect(row?.decision).toMatchObject({ fallback })
  expect((await send('lesser', { 'x-headgate-dry-run': '1' })).body).toMatchObject({ fallback })
})

it.each([
  ['strict', {}],
  ['lesser', { 'x-headgate-risk': 'write' }],
] as const)('refuses %s where no downgrade is allowed, and says so when it is explained', async (task, headers) => {
  const refused = await send(task, headers)
  expect([refused.status, refused.header('error')]).toEqual([403, 'no_eligible_model'])
  expect(refused.body.error.message).toContain('does not allow a downgrade')
  const explained = await send(task, { ...headers, 'x-headgate-dry-run': '1' })
  expect(explained.body.refusal).toMatchObject({ code: 'no_eligible_model' })
  expect(explained.body.candidates).toMatchObject([
    { reason: 'over_cost_ceiling' },
    { reason: 'downgrade_not_allowed' },
  ])
})

it('serves by one that is as good, and says why it was not the first', async () => {
  const { header } = await send('equal', { 'x-headgate-risk': 'admin' })
  expect([header('model'), header('fallback'), header('flags')]).toEqual(['one/other', 'over_cost_ceiling', null])
  const dear = await send('equal', { 'x-headgate-risk': 'admin', 'x-headgate-max-cost-usd': '1' })
  expect([dear.header('model'), dear.header('fallback')]).toEqual(['one/large', null])
})

it('is foretold by the simulation of a policy that allows no downgrade', async () => {
  const { header } = await send('lesser', { 'x-headgate-user-id': 'simulated' })
  const { key } = await issueKey(running.service.house.storage.keys, { kind: 'admin' }, Date.now())
  const reply = await fetch(`${running.url}/admin/v1/policy/simulate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.reveal()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ policy: { models: MODELS, tasks: { ...TASKS, lesser: STRICT } }, since: '1d' }),
  })
  const { changed } = (await reply.json()) as {
    changed: readonly { trace_id: string; before: object; after: object }[]
  }
  expect(changed.find(({ trace_id: id }) => id === header('trace-id'))).toMatchObject({
    before: { model: 'one/small', refusal: null },
    after: { model: null, refusal: 'no_eligible_model' },
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { loadConfigText } from '../src/config/load.ts'
import { type Gateway, gatewayOf } from '../src/gateway/create-gateway.ts'
import { type House, openHouse } from '../src/gateway/house.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import { startWall, type Wall } from '../src/testing/index.ts'

/*
 * Policies as people have them already, pasted into a configuration as they are, do what they say.
 */

const PRICE = '{ price: { input_per_mtok: 1, output_per_mtok: 10 }, context: 200000, max_output: 8000 }'

let wall: Wall
let house: House
let gateway: Gateway

async function start(names: readonly string[], text: string): Promise<void> {
  wall = await startWall()
  const result = loadConfigText(
    `
storage: { url: "memory:" }
metadata: { required: [] }
providers:
  oa:
    type: openai
    base_url: "${wall.openaiUrl}"
    api_key: sk
    models: { ${names.map((name) => `${name}-model: ${PRICE}`).join(', ')} }
models: { ${names.map((name) => `${name}: [oa/${name}-model]`).join(', ')} }
${text}`,
    'headgate.yaml',
    { env: {}, knownProviders: [...providerDefinitions.values()] },
  )
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  house = await openHouse({ config: result.config, log: SILENT_LOG })
  gateway = gatewayOf(house)
}

afterEach(async () => {
  await house.close()
  await wall.close()
})

async function send(model: string, context: Record<string, string> = {}, body: Record<string, unknown> = {}) {
  const call = gateway.fetchFor({ tenantId: 'acme', feature: 'test', ...context })
  const reply = await call('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi.' }], max_tokens: 20, ...body }),
  })
  const header = (name: string) => reply.headers.get(name)
  await reply.text()
  return { status: reply.status, model: header('x-headgate-model'), error: header('x-headgate-error'), header }
}

describe('a routing policy by task, in JSON', () => {
  const NAMES = ['fast-small', 'fast-medium', 'balanced-large', 'balanced-medium', 'reasoning-strong']
  const POLICY = `tasks:
  {
"classify_intent": {
"default": "fast-small",
"fallback": "fast-medium",
"max_latency_ms": 1000,
"max_cost_usd": 0.001
},
"rag_answer": {
"default": "balanced-large",
"fallback": "balanced-medium",
"max_latency_ms": 6000,
"requires_citations": true
},
"code_patch_review": {
"default": "reasoning-strong",
"fallback": "balanced-large",
"max_cost_usd": 0.08
},
"bulk_email_draft": {
"default": "cheap-medium",
"fallback": "cheap-small",
"max_cost_usd": 0.01
}
}`

  it('names the model of each task, and what takes over', async () => {
    await start([...NAMES, 'cheap-medium', 'cheap-small'], POLICY)
    expect((await send('classify_intent')).model).toBe('oa/fast-small-model')
    expect((await send('rag_answer')).model).toBe('oa/balanced-large-model')
    expect((await send('code_patch_review')).model).toBe('oa/reasoning-strong-model')
    expect((await send('bulk_email_draft')).model).toBe('oa/cheap-medium-model')
    wall.plan(({ model }) => (model === 'balanced-large-model' ? { fault: { kind: 'status', status: 503 } } : 'ok'))
    const reply = await send('rag_answer')
    expect([reply.model, reply.header('x-headgate-route')]).toEqual([
      'oa/balanced-medium-model',
      'balanced-large -> balanced-medium',
    ])
  })

  it('stops a call that could cost more than its task may', async () => {
    await start([...NAMES, 'cheap-medium', 'cheap-small'], POLICY)
    expect(await send('classify_intent', {}, { max_tokens: 200 })).toMatchObject({
      status: 403,
      error: 'no_eligible_model',
    })
    expect((await send('bulk_email_draft', {}, { max_tokens: 200 })).status).toBe(200)
    expect(wall.calls).toHaveLength(1)
  })
})

describe('tiers of tenants', () => {
  const TIERS = `tenants:
  startup-tier:
    rpm_limit: 120
    daily_token_limit: 500000
    allowed_models: ["small-general-model", "fast-rag-model"]
  enterprise-tier:
    rpm_limit: 1200
    daily_token_limit: 20000000
    allowed_models: ["small-general-model", "fast-rag-model", "large-reasoning-model"]
`
  const NAMES = ['small-general-model', 'fast-rag-model', 'large-reasoning-model']

  it('keep a tier to its models', async () => {
    await start(NAMES, TIERS)
    const startup = { tenantId: 'startup-tier' }
    expect((await send('small-general-model', startup)).status).toBe(200)
    expect((await send('fast-rag-model', startup)).status).toBe(200)
    expect(await send('large-reasoning-model', startup)).toMatchObject({ status: 403, error: 'model_not_allowed' })
    expect((await send('large-reasoning-model', { tenantId: 'enterprise-tier' })).status).toBe(200)
  })

  it('count calls of a minute and tokens of a day', async () => {
    await start(NAMES, TIERS)
    const startup = { tenantId: 'startup-tier' }
    const first = await send('fast-rag-model', startup)
    expect(first.header('x-ratelimit-limit-requests')).toBe('120')
    const large = await send('fast-rag-model', startup, { messages: [{ role: 'user', content: 'a '.repeat(520_000) }] })
    expect([large.status, large.error]).toEqual([400, 'context_length_exceeded'])
    wall.plan({ usage: { prompt_tokens: 499_900, completion_tokens: 90, total_tokens: 499_990 } })
    await send('fast-rag-model', startup)
    expect(await send('fast-rag-model', startup)).toMatchObject({ status: 429, error: 'quota_exceeded' })
    expect((await send('fast-rag-model', { tenantId: 'enterprise-tier' })).status).toBe(200)
  })
})

describe('a table of limits by user, team, feature, model and in total', () => {
  it('stops each at its own number and leaves the others alone', async () => {
    await start(
      ['chat', 'other'],
      `limits:
  - { per: user,    requests: 3, window: 1h }
  - { per: team,    tokens: 1000, window: 1h }
  - { per: feature, requests: 5, window: 1h }
  - { per: model,   requests: 6, window: 1h }
  - { per: total,   concurrency: 500 }
`,
    )
    const refusal = async (context: Record<string, string>, model = 'chat') => (await send(model, context)).error
    for (let call = 0; call < 3; call += 1) expect(await refusal({ userId: 'u1', feature: 'a' })).toBeNull()
    expect(await refusal({ userId: 'u1', feature: 'b' })).toBe('rate_limited')
    for (let call = 0; call < 2; call += 1) expect(await refusal({ userId: 'u2', feature: 'a' })).toBeNull()
    expect(await refusal({ userId: 'u3', feature: 'a' })).toBe('rate_limited')
    expect(await refusal({ userId: 'u3', feature: 'c' })).toBeNull()
    expect(await refusal({ userId: 'u4', feature: 'd' })).toBe('rate_limited')
    expect(await refusal({ userId: 'u4', feature: 'd' }, 'other')).toBeNull()
    wall.plan({ usage: { prompt_tokens: 990, completion_tokens: 5, total_tokens: 995 } })
    expect(await refusal({ teamId: 't1', feature: 'e' }, 'other')).toBeNull()
    expect(await refusal({ teamId: 't1', feature: 'e' }, 'other')).toBe('rate_limited')
    expect(await refusal({ teamId: 't2', feature: 'e' }, 'other')).toBeNull()
  })
})

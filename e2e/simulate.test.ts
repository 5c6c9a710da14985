import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import type { SimulationResult } from '../src/gateway/simulate/simulate.ts'
import type { ChangedRequest } from '../src/policy/replay/simulation.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * The promise of the simulator: the same requests, sent to a gateway that has the new policy, run on just the models and cost just the money that it foretold
 * from the record of the old one.
 */

const CALLS = 300
const DEAR = { ...MODEL, price: { input_per_mtok: 3, output_per_mtok: 17 } }
const SMALL = { ...MODEL, context: 2_000, price: { input_per_mtok: 0.1, output_per_mtok: 0.4 } }

const OLD = {
  models: {
    large: ['one/dear', 'two/plain'],
    small: ['two/small'],
    shared: { deployments: [{ use: 'one/plain', weight: 70 }, 'two/plain'], strategy: 'weighted' },
  },
  tasks: { answer: { default: 'large', fallback: 'small' }, sort: { default: 'small', fallback: 'large' } },
  plans: { free: { allowed_models: ['*'] }, paid: { allowed_models: ['*'] } },
  tenants: { acme: { plan: 'paid' }, globex: { plan: 'free' }, initech: {} },
} satisfies Partial<ConfigInput>

const NEW = {
  models: {
    large: ['two/plain', 'one/dear'],
    small: ['two/small'],
    shared: {
      deployments: [
        { use: 'one/plain', weight: 20 },
        { use: 'two/plain', weight: 80 },
      ],
      strategy: 'weighted',
    },
  },
  tasks: {
    answer: {
      default: 'large',
      fallback: 'small',
      when: [
        { if: { plan: 'free', risk: 'read_only' }, use: 'small' },
        { if: { requires_json: true }, use: 'one/dear' },
        { if: { input_tokens: { gt: 1500 } }, use: 'shared' },
        { if: { quality: 'best' }, use: 'one/dear' },
      ],
    },
    sort: { default: 'small' },
  },
  plans: { free: { allowed_models: ['small', 'answer', 'sort', 'two/*'] }, paid: { allowed_models: ['*'] } },
  tenants: { acme: { plan: 'paid' }, globex: { plan: 'free' }, initech: { plan: 'free' } },
} satisfies Partial<ConfigInput>

const request = fc.record({
  model: fc.constantFrom('answer', 'answer', 'sort', 'large', 'shared', 'one/dear'),
  tenant: fc.constantFrom('acme', 'globex', 'initech', 'unknown'),
  risk: fc.constantFrom('read_only', 'write'),
  quality: fc.constantFrom(null, 'best', 'economy'),
  // Weighted choices fall by run: many runs, so that each choice is met.
  run: fc.option(fc.integer({ min: 1, max: 60 }).map((number) => `r${number}`)),
  json: fc.boolean(),
  stream: fc.boolean(),
  words: fc.constantFrom(3, 40, 3_000),
  // What a prompt has beside its words. It goes with them: a gateway learns from it how long prompts are, and two gateways must learn the same.
  beside: fc.integer({ min: 8, max: 30 }),
  output: fc.integer({ min: 1, max: 900 }),
})
type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never

type Foretold = SimulationResult & { readonly changed: readonly ChangedRequest[] }

const open: Running[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

async function gatewayWith(policy: Partial<ConfigInput>, requests: readonly Request[]): Promise<Running> {
  const running = await startRunning((wall) => {
    const provider = { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk' } as const
    return {
      providers: {
        one: { ...provider, models: { dear: DEAR, plain: MODEL } },
        two: { ...provider, models: { plain: MODEL, small: SMALL } },
      },
      ...policy,
    }
  })
  running.wall.plan(({ body }) => {
    const [, index] = /#(\d+)#/.exec(JSON.stringify(body)) ?? []
    const { words = 0, beside = 1, output = 1 } = requests[Number(index)] ?? {}
    const input = words + beside
    return { usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } }
  })
  open.push(running)
  return running
}

async function send({ gateway }: Running, one: Request, index: number): Promise<void> {
  const call = gateway.fetchFor({
    tenantId: one.tenant,
    feature: 'test',
    risk: one.risk as 'read_only',
    ...(one.quality === null ? {} : { quality: one.quality as 'best' }),
    ...(one.run === null ? {} : { runId: one.run }),
  })
  const reply = await call('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-trace-id': `tr_${index}` },
    body: JSON.stringify({
      model: one.model,
      max_tokens: 1_000,
      stream: one.stream,
      ...(one.json ? { response_format: { type: 'json_object' } } : {}),
      messages: [{ role: 'user', content: `#${index}# in JSON ${'word '.repeat(one.words)}` }],
    }),
  })
  await reply.text()
}

async function simulate(running: Running, policy: unknown, more: object = {}): Promise<Foretold> {
  const { house } = running.service
  const { key } = await issueKey(house.storage.keys, { kind: 'admin' }, Date.now())
  const reply = await fetch(`${running.url}/admin/v1/policy/simulate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.reveal()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ policy, since: '1d', ...more }),
  })
  return (await reply.json()) as Foretold
}

describe('what the simulator foretells', () => {
  it('is what a gateway with the new policy does with the same requests', async () => {
    const seed = Date.now() % 2 ** 31
    const requests = fc.sample(request, { numRuns: CALLS, seed })
    const [before, after] = [await gatewayWith(OLD, requests), await gatewayWith(NEW, requests)]
    for (const [index, one] of requests.entries()) await send(before, one, index)
    for (const [index, one] of requests.entries()) await send(after, one, index)
    const foretold = await simulate(before, NEW)
    const happened = await simulate(after, NEW)
    expect(foretold, `seed ${seed}`).toMatchObject({ requests: CALLS, left_out: {}, drift: 0 })
    const { models, cost_usd, refusals } = foretold.after
    expect({ models, cost_usd, refusals }, `seed ${seed}`).toEqual(happened.recorded)
    expect(Object.keys(models).length).toBeGreaterThan(3)
    expect(Object.keys(refusals)).toContain('model_not_allowed')
    const was = foretold.before
    expect({ models: was.models, cost_usd: was.cost_usd, refusals: was.refusals }).toEqual(foretold.recorded)
  }, 120_000)

  it('changes nothing when the policy is the one in force, and writes nothing', async () => {
    const requests = fc.sample(request, 20)
    const running = await gatewayWith(OLD, requests)
    for (const [index, one] of requests.entries()) await send(running, one, index)
    const { reader } = running.service.house.storage
    const rows = async () => (await reader.events({ limit: 1000 })).rows.length
    const [calls, before] = [running.wall.calls.length, await rows()]
    expect(await simulate(running, OLD)).toMatchObject({ requests: 20, changed_requests: 0, changed: [], drift: 0 })
    expect([running.wall.calls.length, await rows()]).toEqual([calls, before])
  })
})

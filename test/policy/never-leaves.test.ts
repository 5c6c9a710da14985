import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfigObject } from '../../src/config/load.ts'
import { type Gateway, gatewayOf } from '../../src/gateway/create-gateway.ts'
import { type House, openHouse } from '../../src/gateway/house.ts'
import { SILENT_LOG } from '../../src/gateway/log.ts'
import { isObject } from '../../src/lib/json.ts'
import { providerDefinitions } from '../../src/providers/registry.ts'
import { startWall, type Wall, type WallCall } from '../../src/testing/index.ts'
import {
  configOf,
  deploymentId,
  type RandomCall,
  type RandomPolicy,
  randomCall,
  randomPolicy,
} from './random-policy.ts'
import { forbidden, verdictOn } from './spelled-anew.ts'

/*
 * Whatever the policy, the call, and the state of the providers: nobody gets a byte who may not have it, and the receipt says what happened. Real calls
 * over real sockets to the wall, whose log is what providers saw; retries, fallbacks, hedges and downgrades are among them.
 */

const POLICIES = 50
const CALLS_EACH = 100
const AT_ONCE = 50

let wall: Wall
let house: House
let gateway: Gateway
let run = 0

beforeAll(async () => {
  wall = await startWall()
})
afterAll(async () => {
  await house?.close()
  await wall.close()
})

async function take(policy: RandomPolicy): Promise<void> {
  const result = loadConfigObject(configOf(policy, run, wall.openaiUrl), {
    env: {},
    knownProviders: [...providerDefinitions.values()],
  })
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2))
  if (house) house.reload(result.config)
  else {
    house = await openHouse({ config: result.config, log: SILENT_LOG })
    gateway = gatewayOf(house)
  }
  const plans = new Map(policy.providers.map(({ health }, number) => [`sk-${run}-${number}`, health]))
  wall.plan(({ key }) => plans.get(key ?? '') ?? {})
}

interface Sent {
  readonly call: RandomCall
  readonly mark: string
  readonly status: number
  readonly error: string | null
  readonly model: string | null
  readonly fallback: string | null
  readonly flags: readonly string[]
  readonly traceId: string
}

async function send(call: RandomCall, number: number): Promise<Sent> {
  const mark = `call ${run}.${number}.`
  const speak = gateway.fetchFor({
    tenantId: `t${call.tenant}`,
    feature: 'f',
    risk: call.risk,
    ...(call.sensitivity === null ? {} : { dataSensitivity: call.sensitivity }),
    ...(call.region === null ? {} : { region: call.region }),
    ...(call.maxCost === null ? {} : { maxCostUsd: call.maxCost }),
  })
  const tools = [{ type: 'function', function: { name: call.tool, parameters: { type: 'object', properties: {} } } }]
  const reply = await speak('http://headgate/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: typeof call.target === 'number' ? deploymentId(run, call.target) : call.target,
      messages: [{ role: 'user', content: `${mark} ${'word '.repeat(call.words)}` }],
      stream: call.stream,
      ...(call.maxTokens === null ? {} : { max_tokens: call.maxTokens }),
      ...(call.tool === null ? {} : { tools }),
    }),
  })
  await reply.text().catch(() => '')
  const header = (name: string) => reply.headers.get(`x-headgate-${name}`)
  const traceId = header('trace-id') ?? ''
  const flags = (header('flags') ?? '').split(',')
  const [error, model, fallback] = ['error', 'model', 'fallback'].map(header) as [
    string | null,
    string | null,
    string | null,
  ]
  return { call, mark, status: reply.status, error, model, fallback, flags, traceId }
}

async function sendAll(calls: readonly RandomCall[]): Promise<readonly Sent[]> {
  const sent: Sent[] = []
  for (let from = 0; from < calls.length; from += AT_ONCE) {
    const batch = calls.slice(from, from + AT_ONCE)
    sent.push(...(await Promise.all(batch.map((call, index) => send(call, from + index)))))
  }
  return sent
}

/** Why a provider should not have got these bytes; null when it may have. */
function wrong(policy: RandomPolicy, { call }: Sent, { key, body }: WallCall): string | null {
  const number = Number(key?.split('-').at(-1))
  const provider = policy.providers[number]
  const tenant = policy.tenants[call.tenant]
  if (!provider || !tenant || !isObject(body)) return 'nobody knows it'
  const why = forbidden(policy, call, number)
  if (why !== null) return why
  if (call.tool !== null && tenant.tools && !tenant.tools.includes(call.tool)) return 'a tool that is not allowed'
  const asTask = typeof call.target === 'string' ? /^task(\d)$/.exec(call.target)?.[1] : undefined
  const ofTask = asTask === undefined ? null : (policy.tasks[Number(asTask)]?.maxCost ?? null)
  const ceiling = Math.min(call.maxCost ?? Number.POSITIVE_INFINITY, ofTask ?? Number.POSITIVE_INFINITY)
  const tokens = body.max_completion_tokens ?? body.max_tokens
  if (Number.isFinite(ceiling) && !(((Number(tokens) * provider.price) / 1e6) * 0.999999 <= ceiling))
    return 'over its ceiling'
  return null
}

/** What is wrong with who served; null when nothing is. What a limit did is told as such. */
function wrongServed({ model, fallback, flags, ...told }: Told): string | null {
  if (fallback?.startsWith('limit')) return null
  const served = Number(model?.match(/n(\d+)\//)?.[1])
  const verdict = verdictOn({ ...told, served, fallback, isDowngrade: flags.includes('downgraded') })
  return typeof verdict === 'object' ? (verdict?.wrong ?? null) : null
}

interface ToldCandidate {
  readonly deployment: string
  readonly taken: boolean
}

/** What became of a call. */
interface Told extends Sent {
  readonly policy: RandomPolicy
  readonly candidates: readonly ToldCandidate[]
  /** The rule of the task that fitted; null for none. */
  readonly ruleIndex: number | null
  readonly reached: string[]
}

const told = new Map<string, Told>()
let examined = 0

async function noteAll(policy: RandomPolicy, sent: readonly Sent[]): Promise<readonly Told[]> {
  const { rows } = await house.storage.reader.requests({ limit: sent.length })
  const decisions = new Map(rows.map(({ traceId, decision }) => [traceId, decision]))
  return sent.map((each) => {
    const decision = decisions.get(each.traceId)
    const candidates = (isObject(decision) ? decision.candidates : []) as unknown as readonly ToldCandidate[]
    const rule = isObject(decision) && isObject(decision.rule) ? decision.rule.index : null
    const one: Told = { ...each, policy, candidates, ruleIndex: typeof rule === 'number' ? rule : null, reached: [] }
    told.set(one.mark, one)
    return one
  })
}

/** Looks at everything that providers got since the last look. What lost a race may come late. */
function examine(): void {
  const received = wall.calls
  for (; examined < received.length; examined += 1) examineOne(received[examined])
}

function examineOne(received: WallCall | undefined): void {
  const one = told.get(/call \d+\.\d+\./.exec(received?.rawBody ?? '')?.[0] ?? '')
  if (!received || !one) throw new Error(`the wall got what nobody sent: ${received?.rawBody.slice(0, 200)}`)
  expect([one.mark, received.key, wrong(one.policy, one, received)]).toEqual([one.mark, received.key, null])
  expect([one.mark, one.status, one.error]).not.toEqual([one.mark, 403, one.error])
  const [, ofRun = '', number = ''] = received.key?.split('-') ?? []
  const deployment = deploymentId(Number(ofRun), Number(number))
  one.reached.push(deployment)
  const taken = one.candidates.filter((candidate) => candidate.taken).map((candidate) => candidate.deployment)
  expect([one.mark, taken]).toEqual([one.mark, expect.arrayContaining([deployment])])
}

const tally = { served: 0, refused: 0, fellBack: 0 }

async function check(seed: number): Promise<void> {
  const [policy] = fc.sample(randomPolicy, { seed, numRuns: 1 })
  const calls = fc.sample(randomCall, { seed, numRuns: CALLS_EACH })
  if (!policy) throw new Error('no policy')
  run += 1
  await take(policy)
  const sent = await sendAll(calls)
  const all = await noteAll(policy, sent)
  examine()
  for (const one of all) {
    const { mark, status, model, reached } = one
    if (status === 200) expect([mark, wrongServed(one)]).toEqual([mark, null])
    if (status === 200) expect([mark, reached]).toEqual([mark, expect.arrayContaining([model])])
    if (status === 200) tally.served += 1
    if (status === 403) tally.refused += 1
    if (new Set(reached).size > 1) tally.fellBack += 1
  }
}

describe('5,000 calls under policies by chance', () => {
  it('reach nobody who may not have them, and are told as they happened', async () => {
    // One number makes a policy and its calls: a failure says which.
    await fc.assert(fc.asyncProperty(fc.nat(), check), { numRuns: POLICIES, endOnFailure: true })
    examine()
    // All of it has to have been put to the test.
    expect(tally.served).toBeGreaterThan(500)
    expect(tally.refused).toBeGreaterThan(500)
    expect(tally.fellBack).toBeGreaterThan(50)
  })
})

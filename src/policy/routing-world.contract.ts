/*
 * A small world that the tests of this room share: three providers, four logical models, prices that can be added up in the head.
 */
import { type CallContext, SILENT_CALL } from '../access/context.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Deployment, ModelPrice } from '../providers/deployment.ts'
import type { Decision } from './decision.ts'
import { compilePolicy } from './policy.ts'
import type { LogicalModel, PolicyInput, Pricing, TaskPolicy, TenantLimits } from './policy-input.ts'
import { decide, type RouteAsk } from './route.ts'

/** Nano-USD per token: input costs 1, output 10. */
const PRICE: ModelPrice = {
  version: 'test',
  input: 1_000_000n,
  output: 10_000_000n,
  cacheRead: 0n,
  cacheReadAudio: 0n,
  cacheWrite5m: 0n,
  cacheWrite1h: 0n,
  reasoning: 0n,
  inputAudio: 0n,
  outputAudio: 0n,
  outputImage: 0n,
  tiers: [],
}

function deployment(
  id: string,
  change: Partial<Deployment> = {},
  dialect: 'openai-chat' | 'anthropic-messages' = 'openai-chat',
): Deployment {
  const slash = id.indexOf('/')
  const provider = id.slice(0, slash)
  return {
    id,
    model: id.slice(slash + 1),
    endpoint: {
      provider,
      type: provider,
      dialects: [dialect],
      baseUrl: 'http://127.0.0.1',
      auth: { kind: 'none' },
      apiKey: null,
      headers: {},
      timeouts: { connectMs: 1, firstByteMs: 1, firstTokenMs: 1, idleMs: 1, totalMs: 1 },
      quirks: {},
      abortStopsBilling: true,
      region: null,
      simulated: false,
    },
    dialects: [dialect],
    price: PRICE,
    contextTokens: null,
    maxOutputTokens: null,
    lacks: [],
    quality: null,
    ...change,
  }
}

function placed(id: string, region: string, isPrivate: boolean): Deployment {
  const made = deployment(id)
  return { ...made, endpoint: { ...made.endpoint, region, private: isPrivate } }
}

const DEPLOYMENTS = [
  deployment('openai/gpt-4o'),
  deployment('openai/gpt-4o-mini'),
  deployment('azure/gpt-4o'),
  deployment('anthropic/claude', {}, 'anthropic-messages'),
  deployment('openai/unpriced', { price: null }),
  deployment('vllm/tiny', { contextTokens: 1000, maxOutputTokens: 200 }),
  deployment('vllm/blind', { lacks: ['images', 'audio'] }),
  deployment('router/meta/llama-3'),
  deployment('openai/roomy', { maxOutputTokens: 16_384 }),
  deployment('openai/cheap-and-long', {
    maxOutputTokens: 30_000,
    price: { ...PRICE, input: 500_000n, output: 5_000_000n },
  }),
  placed('azure-eu/gpt-4o', 'swedencentral', false),
  placed('home/llama', 'eu', true),
  placed('home-us/llama', 'us', true),
]

/** A service tier that no deployment has a price for. */
export const UNHEARD_OF = 'hyperspeed'

/** A cent a token, so that sums can be read. */
export const pricing: Pricing = {
  bound: ({ price, asked }, size) =>
    price && asked?.serviceTier !== UNHEARD_OF
      ? (BigInt(size.inputTokens) * price.input + BigInt(size.maxOutputTokens) * price.output) / 1_000_000n
      : null,
  affordableOutput: (_, inputTokens, limit) => Math.max(0, Math.floor((Number(limit) - inputTokens) / 10)),
  estimateInput: (_, { textBytes }) => Math.ceil(textBytes / 2),
}

const NO_SAY = { default: null, max: null }

/** A task policy that says nothing but its default. */
export function task(name: string, change: Partial<TaskPolicy> = {}): TaskPolicy {
  return {
    name,
    default: 'large',
    fallback: [],
    maxLatencyMs: null,
    maxCost: null,
    parameters: { temperature: NO_SAY, topP: NO_SAY, maxOutputTokens: NO_SAY },
    delivery: 'stream',
    partial: 'error',
    ...change,
  }
}

/** What a test may change of the configuration. */
export interface World {
  tasks?: readonly TaskPolicy[]
  tenant?: Partial<TenantLimits>
  uncappedOutputTokens?: number
  latencyOf?: PolicyInput['latencyOf']
  runningOf?: PolicyInput['runningOf']
  models?: readonly LogicalModel[]
}

/** The configuration as policy sees it. */
export function input(world: World = {}): PolicyInput {
  const { tasks = [], tenant = {}, models = [], uncappedOutputTokens, latencyOf, runningOf } = world
  return {
    tasks: new Map(tasks.map((one) => [one.name, one])),
    models: new Map<string, LogicalModel>([
      ...models.map((one) => [one.name, one] as const),
      ['large', { name: 'large', deployments: ['openai/gpt-4o', 'anthropic/claude'] }],
      ['small', { name: 'small', deployments: ['openai/gpt-4o-mini', 'openai/gpt-4o'] }],
      ['tiny', { name: 'tiny', deployments: ['vllm/tiny'] }],
      ['blind', { name: 'blind', deployments: ['vllm/blind'] }],
      ['dark', { name: 'dark', deployments: ['openai/unpriced'] }],
    ]),
    tenants: new Map([['acme', { allowedModels: null, maxInputTokens: null, maxOutputTokens: null, ...tenant }]]),
    deployment: (id) => DEPLOYMENTS.find((one) => one.id === id) ?? null,
    serving: (model) => DEPLOYMENTS.filter((one) => one.model === model),
    pricing,
    ...(uncappedOutputTokens === undefined ? {} : { uncappedOutputTokens }),
    ...(latencyOf ? { latencyOf } : {}),
    ...(runningOf ? { runningOf } : {}),
  }
}

const CONTEXT: CallContext = { ...SILENT_CALL, tenantId: 'acme', feature: 'f' }

/** What a test may change of a call. */
export interface Ask extends Partial<Omit<RouteAsk, 'context'>> {
  context?: Partial<CallContext>
}

/** Decides a call in a world. */
export function run(ask: Ask, world: World = {}): Decision {
  return decide(whole(ask), compilePolicy(input(world)))
}

/** The whole ask of a call. */
export function whole(ask: Ask): RouteAsk {
  const usual = {
    model: '',
    inboundDialect: 'openai-chat' as const,
    keyAllowedModels: null,
    prompt: { textBytes: 40, images: 0 },
  }
  return { ...usual, ...ask, context: { ...CONTEXT, ...ask.context } }
}

/** The error of a call that must be refused. */
export function refusal(ask: Ask, world: World = {}): GatewayError {
  try {
    run(ask, world)
  } catch (error) {
    return error as GatewayError
  }
  throw new Error('was not refused')
}

/** Ids of the candidates, in order. */
export const ids = (decision: Decision) => decision.candidates.map(({ deployment: { id } }) => id)
/** The first candidate. */
export const first = (decision: Decision) => decision.candidates[0]

import type { DialectName } from '../../../src/canonical/dialect-name.ts'
import type { ConfigInput } from '../../../src/config/schema.ts'
import type { Wall } from '../../../src/testing/index.ts'

/*
 * Who is asked, and what gateways are told of it: every upstream format twice, as a first choice and as somebody's fallback, and a task for each way in which an
 * answer can be wanted.
 */

/** An upstream format: its name here, and a model that can do everything. */
interface Upstream {
  readonly name: string
  readonly dialect: DialectName
  readonly model: string
}

/** Every format in which Headgate streams from providers. */
export const UPSTREAMS: readonly Upstream[] = [
  { name: 'chat', dialect: 'openai-chat', model: 'gpt-5.4' },
  { name: 'responses', dialect: 'openai-responses', model: 'gpt-5.4' },
  { name: 'messages', dialect: 'anthropic-messages', model: 'claude-sonnet-4-5' },
  { name: 'gemini', dialect: 'google-generate-content', model: 'gemini-3-flash-preview' },
  { name: 'converse', dialect: 'bedrock-converse', model: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { name: 'cohere', dialect: 'cohere-chat', model: 'command-a-plus-05-2026' },
]

/** Which turn a provider has: it is somebody's first choice, or the fallback. */
export type Turn = 1 | 2

/** How an answer is wanted. */
export interface Wanted {
  readonly upstream: string
  /** Null: nobody takes over. */
  readonly fallback: string | null
  readonly delivery: 'stream' | 'whole'
  readonly partial: 'error' | 'return'
}

/** Nano-USD per token, of every model here. */
export const PRICES = { input: 1_000n, output: 10_000n }
/** What a user may spend whose stream is to be ended by it. */
export const POOR_USD = 0.006
/** Tokens in the events of such a stream, at most. */
export const POOR_EVENT_TOKENS = 6
/** How long a provider may be silent. */
export const IDLE_MS = 8_000
/** The most tokens of an answer: more than any says. */
export const CAP = 200_000
const FIRST_MS = 12_000

const MODEL = { price: { input_per_mtok: 1, output_per_mtok: 10 }, context: 1_000_000, max_output: CAP }

/** The provider of a format and a turn, as configurations, rows and headers name it. */
export function providerOf(upstream: string, turn: Turn): string {
  return `${upstream}-${turn}`
}

/** The key of a provider, by which the wall's log says who was called. */
function keyOf(provider: string): string {
  return `sk-${provider}`
}

/** The turn of the provider that a call was for, by its key. */
export function turnOf(key: string | null): Turn {
  return key?.endsWith('-2') ? 2 : 1
}

/** The task that wants it so. */
export function taskOf({ upstream, fallback, delivery, partial }: Wanted): string {
  return [upstream, fallback ?? 'alone', delivery, partial].join('_')
}

/**
 * A wall for each provider, all in this process: Node takes in one connection on each listening socket in a turn of its loop, and here every broken stream wants a new one.
 */
export interface Walls {
  of(provider: string): Wall
}

/** The names of all providers. */
export const PROVIDERS: readonly string[] = ([1, 2] as const).flatMap((turn) =>
  UPSTREAMS.map(({ name }) => providerOf(name, turn)),
)

/** The configuration of every gateway that is tried. */
export function streamsConfig(walls: Walls, redisUrl: string | null): ConfigInput {
  const providers = ([1, 2] as const).flatMap((turn) =>
    UPSTREAMS.map((upstream) => {
      const name = providerOf(upstream.name, turn)
      return [name, settingsOf(upstream, walls.of(name), keyOf(name))] as const
    }),
  )
  const tasks = UPSTREAMS.flatMap(({ name: upstream }) =>
    [null, ...UPSTREAMS.map(({ name }) => name)].flatMap((fallback) =>
      (['stream', 'whole'] as const).flatMap((delivery) =>
        (['error', 'return'] as const).map((partial) => ({ upstream, fallback, delivery, partial })),
      ),
    ),
  )
  return {
    version: 1,
    server: { drain: '8s' },
    auth: { mode: 'keys' },
    metadata: { required: ['tenant_id', 'feature'] },
    providers: Object.fromEntries(providers),
    models: Object.fromEntries(
      ([1, 2] as const).flatMap((turn) =>
        UPSTREAMS.map(({ name, model }) => [`m-${providerOf(name, turn)}`, [`${providerOf(name, turn)}/${model}`]]),
      ),
    ),
    tasks: Object.fromEntries(
      tasks.map((task) => [
        taskOf(task),
        {
          default: `m-${providerOf(task.upstream, 1)}`,
          fallback: task.fallback === null ? [] : [`m-${providerOf(task.fallback, 2)}`],
          delivery: task.delivery,
          partial: task.partial,
          // An attempt is known by its call and its provider here, so each is asked once.
          retry: { attempts: 0 },
        },
      ]),
    ),
    breaker: { failures: null },
    ...(redisUrl === null ? {} : { coordination: { redis: redisUrl } }),
    limits: [
      { per: 'tenant', concurrency: 2_000 },
      { per: 'total', concurrency: 2_000 },
    ],
    budgets: [
      { per: 'user', usd: POOR_USD, window: 'day' },
      { per: 'feature', usd: 100_000, window: 'month' },
      { per: 'tenant', tokens: 1_000_000_000, window: 'month' },
    ],
  }
}

function settingsOf({ name, model }: Upstream, wall: Pick<Wall, 'url' | 'openaiUrl'>, key: string) {
  const timeouts = {
    connect: '5s',
    first_byte: `${FIRST_MS}ms`,
    first_token: `${FIRST_MS}ms`,
    idle: `${IDLE_MS}ms`,
    total: '5m',
  }
  const kinds: Readonly<Record<string, object>> = {
    chat: { type: 'openai', api: 'chat', base_url: wall.openaiUrl },
    responses: { type: 'openai', api: 'responses', base_url: wall.openaiUrl },
    messages: { type: 'anthropic', base_url: wall.url },
    gemini: { type: 'google', base_url: wall.url },
    converse: { type: 'bedrock', base_url: wall.url, region: 'eu-west-1' },
    cohere: { type: 'cohere', base_url: wall.url },
  }
  return { ...kinds[name], api_key: key, timeouts, models: { [model]: MODEL } }
}

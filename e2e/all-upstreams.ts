import type { DialectName } from '../src/canonical/dialect-name.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import type { Wall } from '../src/testing/index.ts'
import { configFor, MODEL, type Running, startRunning } from './running-gateway.ts'

/** What is behind one name, and what its wire format can say. */
export interface Upstream {
  /** What callers ask for as a model. */
  readonly name: string
  /** `provider/model`. */
  readonly deployment: string
  /** In which format the wall is called by a client of another one. */
  readonly dialect: DialectName
  /** Whose seals its reasoning and tool calls bear; null for formats without seals. Vendors share one across clouds. */
  readonly sealer: 'anthropic' | 'google' | 'openai' | null
  /** Whether it fetches pictures from addresses. */
  readonly fetches: boolean
}

/** Every kind of upstream, all played by the wall. Vertex AI is not among them: its tokens come from Google's own address. */
export const UPSTREAMS: readonly Upstream[] = [
  { name: 'via-openai', deployment: 'oa/gpt-5.4', dialect: 'openai-chat', sealer: null, fetches: true },
  { name: 'via-responses', deployment: 'os/gpt-5.4', dialect: 'openai-responses', sealer: 'openai', fetches: true },
  {
    name: 'via-anthropic',
    deployment: 'an/claude-sonnet-4-5',
    dialect: 'anthropic-messages',
    sealer: 'anthropic',
    fetches: true,
  },
  {
    name: 'via-google',
    deployment: 'google/gemini-3-flash-preview',
    dialect: 'google-generate-content',
    sealer: 'google',
    fetches: true,
  },
  {
    name: 'via-bedrock',
    deployment: 'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    dialect: 'bedrock-converse',
    sealer: 'anthropic',
    fetches: false,
  },
  {
    name: 'via-cohere',
    deployment: 'cohere/command-a-plus-05-2026',
    dialect: 'cohere-chat',
    sealer: null,
    fetches: true,
  },
  {
    name: 'via-mistral',
    deployment: 'mistral/mistral-medium-latest',
    dialect: 'openai-chat',
    sealer: null,
    fetches: true,
  },
]

/** A model that can neither think nor hold to a schema: `via-nova`. */
const NOVA = { name: 'via-nova', deployment: 'bedrock/eu.amazon.nova-lite-v1:0' }
const MODELS: readonly { readonly name: string; readonly deployment: string }[] = [...UPSTREAMS, NOVA]

/** A gateway whose tasks are all upstreams of the list, and `via-nova`. Failures are told at once: nothing is tried again, and no breaker opens. */
export function startAllUpstreams(): Promise<Running> {
  return startRunning((wall) => ({
    providers: providersAt(wall),
    models: Object.fromEntries(MODELS.map(({ name, deployment }) => [`${name}-model`, [deployment]])),
    tasks: Object.fromEntries(MODELS.map(({ name }) => [name, { default: `${name}-model`, retry: { attempts: 0 } }])),
    breaker: { failures: null },
  }))
}

function providersAt(wall: Wall): ConfigInput['providers'] {
  const { timeouts } = configFor(wall).providers.oa ?? {}
  const models = (provider: string) =>
    Object.fromEntries(
      MODELS.filter(({ deployment }) => deployment.startsWith(`${provider}/`)).map(({ deployment }) => [
        deployment.slice(provider.length + 1),
        MODEL,
      ]),
    )
  const at = (provider: string, more: object) => [provider, { ...more, timeouts, models: models(provider) }] as const
  return Object.fromEntries([
    at('oa', { type: 'openai', api: 'chat', base_url: wall.openaiUrl, api_key: 'sk-oa' }),
    at('os', { type: 'openai', api: 'responses', base_url: wall.openaiUrl, api_key: 'sk-os' }),
    at('an', { type: 'anthropic', base_url: wall.url, api_key: 'sk-an' }),
    at('google', { base_url: wall.url, api_key: 'AIza-google' }),
    at('bedrock', { base_url: wall.url, region: 'eu-west-1', api_key: 'bedrock-api-key' }),
    at('cohere', { base_url: wall.url, api_key: 'co-key' }),
    at('mistral', { base_url: `${wall.url}/mistral/v1`, api_key: 'mistral-key' }),
  ])
}

import * as z from 'zod'
import { CAPABILITIES, type Capability } from '../../canonical/capability.ts'
import { Secret } from '../../lib/secret.ts'
import { count, modelName, nameKey, toMap } from '../values.ts'
import { type CloudConfig, cloudKeys, cloudOf } from './cloud.ts'
import { type PriceConfig, priceSection } from './price.ts'
import { type TimeoutsConfig, timeoutsSection } from './timeouts.ts'

/** Which of OpenAI's two APIs a host is called in. */
export type OpenAiApi = 'chat' | 'responses'

/** What the operator says of one model at a provider; null where nothing was said. */
export interface ProviderModelConfig {
  /** Which API it is called in. */
  readonly api: OpenAiApi | null
  /** Overrides the price book. */
  readonly price: PriceConfig | null
  /** Longest prompt plus answer, in tokens. */
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** What the model cannot do; null leaves it to what is known. */
  readonly lacks: readonly Capability[] | null
  /** 1 to 5, the operator's own rating. */
  readonly quality: number | null
}

/** One account at a provider. */
export interface ProviderConfig {
  /** Its name in this config, the part before the slash of `provider/model`. */
  readonly name: string
  /** Which kind of provider it is; one of the known ones. */
  readonly type: string
  readonly apiKey: Secret | null
  /** Without a trailing slash; null means the type's own. */
  readonly baseUrl: string | null
  /** Sent with every call; lower-case names. Values may hold credentials. */
  readonly headers: ReadonlyMap<string, Secret>
  readonly region: string | null
  /** Which API its models are called in; null means each call's own where the type speaks it, else Chat Completions. */
  readonly api: OpenAiApi | null
  /** Address and identity in a cloud. */
  readonly cloud: CloudConfig
  readonly timeouts: TimeoutsConfig
  /** Most calls that may run there at once, over all its models; null is no limit. */
  readonly maxConcurrency: number | null
  readonly selfHosted: boolean
  /** Whether data sent here stays in the operator's hands. */
  readonly private: boolean
  readonly models: ReadonlyMap<string, ProviderModelConfig>
}

const api = z.enum(['chat', 'responses'])

const providerModel = z
  .strictObject({
    api: api.optional().describe('Which of OpenAI’s APIs this model is called in. Default: the provider’s `api`.'),
    price: priceSection.optional().describe('Prices of this model; they win over the built-in price book.'),
    context: count().optional().describe('Longest prompt plus answer, in tokens.'),
    max_output: count().optional().describe('Most tokens that the model can generate in one answer.'),
    lacks: z
      .array(z.enum(CAPABILITIES))
      .optional()
      .describe('What it cannot do; `[]` is nothing. Default: what is known of a model of that name.'),
    quality: z
      .int()
      .min(1)
      .max(5)
      .optional()
      .describe('Your own rating, 1 to 5; a fallback to a lower one is a downgrade.'),
  })
  .transform(
    (section): ProviderModelConfig => ({
      api: section.api ?? null,
      price: section.price ?? null,
      contextTokens: section.context ?? null,
      maxOutputTokens: section.max_output ?? null,
      lacks: section.lacks ?? null,
      quality: section.quality ?? null,
    }),
  )

/** Headers that belong to the connection, not to the operator. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|content-type|transfer-encoding|upgrade|te|trailer|expect|keep-alive)$/i

const headers = z
  .record(
    z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, { error: 'is not the name of a header' })
      .refine((name) => !OWN_HEADERS.test(name), { error: 'is a header that Headgate sets itself' }),
    z.string().regex(/^[\t\x20-\x7e]{0,8192}$/, { error: 'must be one line of printable ASCII' }),
  )
  .transform(
    (record): ReadonlyMap<string, Secret> =>
      new Map(Object.entries(record).map(([name, value]) => [name.toLowerCase(), new Secret(value)])),
  )

const provider = z
  .strictObject({
    type: z.string().min(1).optional().describe('The kind of provider. Default: the name, when it is a known kind.'),
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]{1,8192}$/, { error: 'must be a key without spaces or line breaks; it may not be empty' })
      .transform((text) => new Secret(text))
      .optional()
      .describe(
        `The provider’s key, best as \`"\${OPENAI_API_KEY}"\`. Default: the provider’s usual variable, unless \`base_url\` is set. A server of your own needs none.`,
      ),
    base_url: z
      .string()
      .refine(isBaseUrl, { error: 'must be an http or https URL without user name, query or fragment', abort: true })
      .refine((url) => !/\/(?:chat\/completions|messages|responses)\/*$/.test(url), {
        error: 'must be the base only: Headgate adds the path of each call itself',
      })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional()
      .describe(
        'Where it answers, with `/v1` for OpenAI-like ones. May be a private address. Default: the provider’s own.',
      ),
    headers: headers.prefault({}).describe('Headers sent with every call.'),
    region: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('Where it computes; written into the ledger. Bedrock: the AWS region, such as `eu-west-1`.'),
    api: api
      .optional()
      .describe(
        'Which of OpenAI’s APIs its models are called in: Chat Completions or Responses. Only for OpenAI-like providers. Default: the caller’s own where the provider has it, else `chat`.',
      ),
    ...cloudKeys,
    timeouts: timeoutsSection.prefault({}).describe('How long each part of an attempt may take.'),
    max_concurrency: count()
      .optional()
      .describe(
        'Most calls of one instance that may run there at once, over all its models; what is more goes to the next deployment. Default: no limit.',
      ),
    self_hosted: z.boolean().prefault(false).describe('Whether you run it yourself: then no key is needed.'),
    private: z.boolean().prefault(false).describe('Whether what is sent there stays in your hands.'),
    models: z
      .record(modelName, providerModel)
      .transform(toMap)
      .prefault({})
      .describe('What you know of its models, by the upstream’s own name. Models that are not listed can be used too.'),
  })
  .transform((section): Omit<ProviderConfig, 'name' | 'type'> & { type: string | null } => ({
    type: section.type ?? null,
    apiKey: section.api_key ?? null,
    baseUrl: section.base_url ?? null,
    headers: section.headers,
    region: section.region ?? null,
    api: section.api ?? null,
    cloud: cloudOf(section),
    timeouts: section.timeouts,
    maxConcurrency: section.max_concurrency ?? null,
    selfHosted: section.self_hosted,
    private: section.private,
    models: section.models,
  }))

/** `providers` */
export const providersSection = z
  .record(nameKey, provider)
  .refine((record) => Object.keys(record).length > 0, { error: 'must name at least one provider' })
  .transform(
    (record): ReadonlyMap<string, ProviderConfig> =>
      new Map(
        Object.entries(record).map(([name, section]) => [name, { ...section, name, type: section.type ?? name }]),
      ),
  )

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false
  return !url.username && !url.password && !url.search && !url.hash
}

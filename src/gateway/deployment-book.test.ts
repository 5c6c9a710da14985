import { beforeAll, describe, expect, it } from 'vitest'
import { loadConfigObject } from '../config/load.ts'
import type { ConfigInput } from '../config/schema.ts'
import { systemClock } from '../lib/clock.ts'
import { loadPriceBook, type PriceBook } from '../money/price-book.ts'
import { providerDefinitions } from '../providers/registry.ts'
import { buildDeploymentBook } from './deployment-book.ts'

let prices: PriceBook
beforeAll(async () => {
  prices = await loadPriceBook(systemClock)
})

/** The price of a deployment under a configuration. */
function priceIn(id: string, more: Partial<ConfigInput> = {}) {
  const providers = {
    mistral: { api_key: 'k' },
    local: { type: 'vllm', base_url: 'http://127.0.0.1:1', models: { free: { price: ZERO } } },
  }
  const loaded = loadConfigObject(
    { version: 1, storage: { url: 'memory:' }, providers, ...more },
    { env: {}, knownProviders: [...providerDefinitions.values()] },
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return buildDeploymentBook(loaded.config, prices).deployment(id)?.price
}

const ZERO = { input_per_mtok: 0, output_per_mtok: 0 }
const CEILING = { price_ceiling: { input_per_mtok: 50, output_per_mtok: 200 } }
const POLICIES = ['refuse', 'ceiling', 'flag'] as const

describe('a model without a known price', () => {
  it('has none, unless calls go on at a ceiling: then the dearest of its provider', () => {
    expect(priceIn('mistral/of-next-year')).toBeNull()
    expect(priceIn('mistral/of-next-year', CEILING)).toBeNull()
    for (const unknown_price of ['ceiling', 'flag'] as const) {
      const price = priceIn('mistral/of-next-year', { unknown_price })
      expect(price).toEqual(prices.ceilingOf('mistral'))
      expect(price).toMatchObject({ version: 'unknown', input: 2_700_000_000n })
      expect(priceIn('mistral/of-next-year', { unknown_price, ...CEILING })).toMatchObject({
        version: 'unknown',
        input: 50_000_000_000n,
        output: 200_000_000_000n,
      })
    }
  })

  it('counts at the dearest price that the configuration has for its provider, where that is more', () => {
    const models = {
      small: { price: { input_per_mtok: 1, output_per_mtok: 200 } },
      large: { price: { input_per_mtok: 70, output_per_mtok: 100 } },
    }
    const providers = {
      mistral: { api_key: 'k', models },
      local: { type: 'vllm', base_url: 'http://127.0.0.1:1', models },
    }
    const dearest = { version: 'unknown', input: 70_000_000_000n, output: 200_000_000_000n }
    for (const unknown_price of ['ceiling', 'flag'] as const) {
      expect(priceIn('local/llama', { unknown_price, providers })).toMatchObject(dearest)
      expect(priceIn('mistral/of-next-year', { unknown_price, providers })).toMatchObject(dearest)
    }
    expect(priceIn('local/llama', { providers })).toBeNull()
  })

  it('of a provider that has none at all is refused until a ceiling is named: never free', () => {
    for (const unknown_price of POLICIES) expect(priceIn('local/llama', { unknown_price })).toBeNull()
    expect(priceIn('local/llama', { unknown_price: 'ceiling', ...CEILING })).toMatchObject({ input: 50_000_000_000n })
  })
})

describe('a model with a price', () => {
  it('keeps it under every policy; a zero that the operator wrote is free', () => {
    for (const unknown_price of POLICIES) {
      const { fees: _, ...known } = prices.priceOf('mistral', 'mistral-large-latest') ?? {}
      expect(priceIn('mistral/mistral-large-latest', { unknown_price, ...CEILING })).toMatchObject(known)
      expect(priceIn('local/free', { unknown_price, ...CEILING })).toMatchObject({ input: 0n, output: 0n })
    }
  })

  it('has one for tools that nobody knows only where calls go on at a ceiling', () => {
    expect(priceIn('mistral/mistral-large-latest')?.fees?.otherToolUses).toBeUndefined()
    const price = priceIn('mistral/mistral-large-latest', { unknown_price: 'ceiling' })
    expect(price?.fees?.otherToolUses).toBeGreaterThan(0n)
  })
})

describe('the API that a model is called in', () => {
  const dialectsOf = (providers: ConfigInput['providers'], id: string) => {
    const loaded = loadConfigObject(
      { version: 1, storage: { url: 'memory:' }, providers },
      { env: {}, knownProviders: [...providerDefinitions.values()] },
    )
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    return buildDeploymentBook(loaded.config, prices).deployment(id)?.dialects
  }
  const openai = { api_key: 'k', models: { old: { api: 'chat' as const }, pro: { api: 'responses' as const } } }

  it('is the caller’s own where OpenAI has it, unless one is written', () => {
    expect(dialectsOf({ openai }, 'openai/any')).toEqual(['openai-chat', 'openai-responses', 'openai-embeddings'])
  })

  it('is the one that is written for the provider, and that one alone', () => {
    const providers = { openai: { ...openai, api: 'responses' as const } }
    expect(dialectsOf(providers, 'openai/any')).toEqual(['openai-responses', 'openai-embeddings'])
    expect(dialectsOf(providers, 'openai/old')).toEqual(['openai-chat', 'openai-embeddings'])
  })

  it('is the one that is written for the model, also where the type alone does not promise it', () => {
    expect(dialectsOf({ openai }, 'openai/pro')).toEqual(['openai-responses', 'openai-embeddings'])
    const host = { type: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1', api: 'responses' as const }
    expect(dialectsOf({ host }, 'host/m')?.[0]).toBe('openai-responses')
  })

  it('is Responses for the models that OpenAI has nowhere else, unless the operator knows better', () => {
    expect(dialectsOf({ openai }, 'openai/o3-pro')).toEqual(['openai-responses', 'openai-embeddings'])
    expect(dialectsOf({ openai: { api_key: 'k', api: 'chat' as const } }, 'openai/o3-pro')?.[0]).toBe('openai-chat')
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import { openaiCompatible } from './openai-compatible.ts'
import type { ProviderDefinition } from './provider.ts'
import { providerDefinition, providerDefinitions } from './registry.ts'

const all = [...providerDefinitions.values()]
const openAiLike = ({ dialects }: ProviderDefinition) =>
  typeof dialects !== 'function' && dialects.includes('openai-chat')
const paid = all.filter((definition) => definition.keyVariable !== undefined)

/** OpenAI-like hosts whose paths do not begin with `/v1`. */
const UNUSUAL_BASES: Readonly<Record<string, RegExp>> = {
  deepseek: /^\/$/,
  perplexity: /^\/$/,
  deepinfra: /^\/v1\/openai$/,
  'github-models': /^\/inference$/,
  zai: /\/v4$/,
}

describe.each(all.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
  it('is found by its type', () => {
    expect(providerDefinition(type)).toBe(definition)
    expect(type).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(definition.title).not.toBe('')
  })

  it("has a base URL that its dialect's path can follow", () => {
    if (definition.simulated || definition.baseUrl === undefined) return
    const url = new URL(definition.baseUrl)
    expect(definition.baseUrl.endsWith('/')).toBe(false)
    expect(url.search + url.hash + url.username).toBe('')
    if (!openAiLike(definition)) expect(url.pathname).toBe('/')
    else expect(url.pathname).toMatch(UNUSUAL_BASES[type] ?? /\/v1$/)
    if (definition.keyVariable !== undefined) expect(url.protocol).toBe('https:')
  })

  it('says where and when its facts were read', () => {
    expect(definition.source.date).toMatch(/^20\d\d-\d\d-\d\d$/)
    expect(Number.isNaN(Date.parse(definition.source.date))).toBe(false)
    if (!definition.simulated) expect(new URL(definition.source.url).protocol).toBe('https:')
  })

  it('sends a key only where one is expected', () => {
    if (definition.keyVariable !== undefined) {
      expect(definition.keyVariable).toMatch(/^[A-Z][A-Z0-9_]*_(API_KEY|TOKEN|PAT)$|^AWS_BEARER_TOKEN_BEDROCK$/)
      expect(definition.auth.kind).not.toBe('none')
    }
    for (const name of Object.keys(definition.headers ?? {})) expect(name).toBe(name.toLowerCase())
  })
})

it('looks for the key of each provider in a variable of its own', () => {
  const variables = paid.map((definition) => definition.keyVariable)
  expect(new Set(variables).size).toBe(variables.length)
})

it('knows no type that nobody defined', () => {
  expect(providerDefinition('openia')).toBeNull()
  expect(providerDefinition('__proto__')).toBeNull()
})

it.each(paid.map((definition) => [definition.type, definition] as const))(
  'prices of %s are in the price data under the name we look for, or nothing is suggested there',
  (_type, definition) => {
    const providerId = definition.priceProvider ?? definition.type
    const found = findProvider({ providerId })?.id
    // A name that finds the prices of somebody else would be worse than none.
    if (found !== undefined || definition.suggestedModels || definition.priceProvider) expect(found).toBe(providerId)
  },
)

const starters = paid.filter(({ suggestedModels }) => suggestedModels !== undefined)

it.each(starters.map((definition) => [definition.type, definition] as const))(
  'prices exist for both models that %s suggests',
  (_type, definition) => {
    const providerId = definition.priceProvider ?? definition.type
    for (const model of Object.values(definition.suggestedModels ?? {})) {
      const price = calcPrice({ input_tokens: 1000, output_tokens: 1000 }, model, { providerId })
      expect(price?.total_price, model).toBeGreaterThan(0)
    }
  },
)

it('the first providers that anybody tries suggest models', () => {
  const types = starters.map(({ type }) => type)
  expect(types.slice(0, 5)).toEqual(['openai', 'anthropic', 'google', 'openrouter', 'groq'])
})

it.each(readdirSync(import.meta.dirname).filter(isDefinition))('%s is small', (file) => {
  const lines = readFileSync(join(import.meta.dirname, file), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.length).toBeLessThan(40)
})

/** Files of OpenAI-like hosts; clouds with identities of their own have more to say. */
function isDefinition(file: string): boolean {
  const definition = providerDefinitions.get(file.endsWith('.ts') ? file.slice(0, -'.ts'.length) : '')
  return definition !== undefined && definition.cloud === undefined
}

it('the example of docs/guide/adding-a-provider.md is such a file', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/adding-a-provider.md'), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
  const said = [...example.matchAll(/^ {2}(\w+):/gm)].map(([, field]) => field)
  const needed = Object.keys(openaiCompatible).filter((field) => field !== 'quirks')
  expect(said).toEqual(expect.arrayContaining(needed))
  expect(example.split('\n').length).toBeLessThan(40)
})

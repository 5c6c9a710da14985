import { beforeAll, describe, expect, test } from 'vitest'
import { type GoldenCase, goldenCases, listCost } from './golden-cases.contract.ts'
import { handClock } from './money.contract.ts'
import { loadPriceBook, type PriceBook } from './price-book.ts'
import { priceUsage } from './pricing.ts'

/* Cases whose sums were made apart from this program: see `golden-cases.contract.ts` and the files of `golden/`. */

const cases = goldenCases()
const books = new Map<string, PriceBook>()

beforeAll(async () => {
  for (const day of new Set(cases.map(({ on }) => on))) {
    books.set(day, await loadPriceBook(handClock(Date.parse(`${day}T12:00:00Z`))))
  }
})

function costOf({ provider, model, usage, asked, on, host }: GoldenCase): bigint | null {
  const baseUrl = host === undefined ? undefined : `https://${host}/v1`
  const price = books.get(on)?.priceOf(provider, model, undefined, baseUrl)
  if (!price) return null
  return priceUsage(price, usage, asked === undefined ? {} : { serviceTier: asked }).cost.total
}

describe('golden price cases', () => {
  test('are more than three hundred, over all providers that have prices', () => {
    expect(cases.length).toBeGreaterThan(400)
    expect(new Set(cases.map(({ provider }) => provider))).toEqual(
      new Set([
        ...['anthropic', 'aws', 'azure', 'cohere', 'deepseek', 'fireworks', 'google', 'groq', 'mistral', 'openai'],
        ...['openrouter', 'perplexity', 'together', 'x-ai'],
      ]),
    )
  })

  test('say where their prices were read, and when', () => {
    for (const { at, source, read } of cases) {
      expect(source, at).toMatch(/^https:\/\/\S+$/)
      expect(read, at).toMatch(/^2026-\d\d-\d\d$/)
    }
  })

  test('cover cached prompts, cache writes, long prompts, reasoning, audio, pictures, tools, other ways of being served, places', () => {
    const units = new Set(cases.flatMap(({ terms }) => terms.map(({ unit }) => unit)))
    expect([...units].toSorted()).toEqual(
      [
        ...['audio', 'audio-out', 'cached', 'cached-audio', 'calls', 'code-sessions', 'file-searches', 'image-out'],
        ...['input', 'output', 'reasoning', 'searches', 'write', 'write-1h'],
      ].toSorted(),
    )
    const served = new Set(cases.map(({ usage }) => usage.serviceTier))
    for (const tier of ['priority', 'flex', 'batch', 'ultrafast', 'fast']) expect(served).toContain(tier)
  })

  test.each(cases.filter(({ terms }) => terms.length > 0).map((one) => [one.at, one] as const))(
    '%s adds up',
    (_, one) => {
      expect(listCost(one.terms)).toBe(one.nanoUsd)
    },
  )

  test.each(cases.map((one) => [`${one.at} ${one.provider}/${one.model}`, one] as const))('%s', (_, one) => {
    expect(costOf(one)).toBe(one.nanoUsd)
  })
})

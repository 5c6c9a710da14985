import { beforeAll, describe, expect, test } from 'vitest'
import { inputTokens, type Usage } from '../canonical/usage.ts'
import { type CostLine, cost } from './cost.ts'
import { handClock } from './money.contract.ts'
import { loadPriceBook, type PriceBook } from './price-book.ts'

/*
 * Where long prompts begin, by vendor. Each says in its own words whether the round number itself is long already; the whole prompt counts, whatever part of it a
 * cache served.
 */

/** A model, the last prompt at the ordinary rate, what a token costs up to it and beyond it in USD per million, and who says so. */
const BOUNDARIES = [
  [
    'anthropic',
    'claude-sonnet-4-5',
    200_000,
    3,
    6,
    '> 200K',
    'https://platform.claude.com/docs/en/about-claude/pricing#long-context-pricing',
  ],
  [
    'anthropic',
    'claude-haiku-5-5',
    100_000,
    0.1,
    0.5,
    'over 100,000',
    'https://platform.claude.com/docs/en/about-claude/pricing#model-pricing',
  ],
  [
    'google',
    'gemini-2.5-pro',
    200_000,
    1.25,
    2.5,
    'prompts > 200k',
    'https://ai.google.dev/gemini-api/docs/pricing#gemini-2.5-pro',
  ],
  ['google', 'gemini-3-pro-preview', 200_000, 2, 4, 'prompts > 200k', 'https://ai.google.dev/gemini-api/docs/pricing'],
  ['google', 'gemini-1.5-pro', 128_000, 1.25, 2.5, 'prompts > 128k', 'https://ai.google.dev/gemini-api/docs/pricing'],
  ['x-ai', 'grok-4.6', 199_999, 2, 4, '>= 200k prompt tokens', 'https://docs.x.ai/developers/pricing'],
  ['x-ai', 'grok-4.3', 199_999, 1.25, 2.5, '>= 200k prompt tokens', 'https://docs.x.ai/developers/pricing'],
  [
    'openai',
    'gpt-5.4',
    271_999,
    2.5,
    5,
    '<272K context length is short',
    'https://developers.openai.com/api/docs/pricing',
  ],
  ['openai', 'gpt-6-sol', 272_000, 2, 4, 'more than 272K', 'https://developers.openai.com/api/docs/models/gpt-6-sol'],
  [
    'openai',
    'gpt-6.1-sol',
    272_000,
    2,
    4,
    '> 272K input tokens',
    'https://developers.openai.com/api/docs/models/gpt-6.1-sol',
  ],
  ['openrouter', 'openai/gpt-6-sol', 272_000, 2, 4, '> 272K', 'https://openrouter.ai/api/v1/models'],
] as const
/** When they were read. */
const READ = '2026-11-21'

/** The same prompt: all of it new, or nearly all of it from a cache. */
const whole = (tokens: number): Usage => ({ inputUncached: tokens })

let book: PriceBook
beforeAll(async () => {
  book = await loadPriceBook(handClock(Date.parse(READ)))
})

describe('a long prompt', () => {
  test.each(BOUNDARIES)('of %s %s begins after %i tokens', (provider, model, last, short, long) => {
    const price = book.priceOf(provider, model)
    if (!price) throw new Error('no price')
    const perToken = (tokens: number) => Number(cost(price, whole(tokens)).total) / tokens / 1000
    expect([last - 1, last, last + 1].map(perToken)).toEqual([short, short, long])
  })

  test.each(BOUNDARIES)('of %s %s counts what a cache served and stored', (provider, model, last) => {
    const price = book.priceOf(provider, model)
    if (!price) throw new Error('no price')
    const cached: Usage = { inputUncached: 1, cacheRead: last - 2, cacheWrite5m: 1, cacheWrite1h: 1 }
    expect(inputTokens(cached)).toBe(last + 1)
    const rates = price.tiers.find(({ fromInputTokens }) => fromInputTokens === last + 1)?.rates
    const lines: CostLine[] = []
    cost(price, cached, lines)
    expect(lines[0]?.cost).toBe((rates?.input ?? 0n) / 1_000_000n)
  })

  test.each([
    ['claude-sonnet-4-6'],
    ['claude-opus-4-6'],
    ['claude-opus-5-5'],
    ['claude-sonnet-5'],
    ['claude-fable-5-1'],
  ])(
    'of %s costs what a short one does: https://platform.claude.com/docs/en/about-claude/pricing#long-context-pricing',
    (model) => {
      expect(book.priceOf('anthropic', model)?.tiers).toEqual([])
    },
  )
})

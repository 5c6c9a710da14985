import { beforeAll, describe, expect, test } from 'vitest'
import { FEE_COUNTERS, inputTokens, outputTokens, type Usage } from '../canonical/usage.ts'
import { decodeUsage, encodeUsage } from '../dialects/openai-chat/usage.ts'
import { mulberry32 } from '../lib/mulberry32.ts'
import type { ModelPrice } from '../providers/deployment.ts'
import { COUNTERS, type CostLine, cost, ratesFor, UNITS_PER_RATE } from './cost.ts'
import { handClock } from './money.contract.ts'
import { loadPriceBook } from './price-book.ts'

/* A million random rows over all the prices there are: what a bill says line by line is what it says in all, to the nano-dollar. */

const ROWS = 1_000_000
const prices: ModelPrice[] = []

beforeAll(async () => {
  const book = await loadPriceBook(handClock(Date.parse('2026-11-21')))
  for (const provider of ['openai', 'anthropic', 'google', 'x-ai', 'groq', 'mistral', 'openrouter', 'perplexity']) {
    for (const model of book.modelsOf(provider)) {
      const price = book.priceOf(provider, model)
      if (price) prices.push(price, ...Object.values(price.serviceTiers ?? {}))
    }
  }
})

/** Whole numbers from 0 up to, not including, 2^32, the same for the same seed. */
function numbersFrom(seed: number): () => number {
  const next = mulberry32(seed)
  return () => next() * 2 ** 32
}

const TOKEN_COUNTERS = COUNTERS.map(([counter]) => counter)

/** A usage with some counters small, some large, some absent. */
function randomUsage(next: () => number): Usage {
  const usage: Record<string, number> = {}
  for (const counter of TOKEN_COUNTERS) {
    const size = next() % 4
    if (size > 0) usage[counter] = next() % (size === 1 ? 10 : size === 2 ? 20_000 : 300_000)
  }
  if (next() % 4 === 0) for (const counter of FEE_COUNTERS) usage[counter] = next() % 5
  return usage
}

describe('a million rows', () => {
  test('cost what their lines cost, each the least whole nano-dollar that pays for it', () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const next = numbersFrom(seed)
    let wrong = 0
    let total = 0n
    const byCounter = new Map<string, bigint>()
    for (let row = 0; row < ROWS; row += 1) {
      const price = prices[next() % prices.length] as ModelPrice
      const usage = randomUsage(next)
      const lines: CostLine[] = []
      const bill = cost(price, usage, lines)
      const rates = ratesFor(price, inputTokens(usage))
      let sum = 0n
      for (const { counter, units, cost: line } of lines) {
        sum += line
        byCounter.set(counter, (byCounter.get(counter) ?? 0n) + line)
        const rate = COUNTERS.find(([name]) => name === counter)?.[1]
        const perMillion = rate ? rates[rate] : (price.fees?.[counter as keyof ModelPrice['fees']] ?? 0n)
        const exact = BigInt(units) * perMillion
        if (line * UNITS_PER_RATE < exact || (line - 1n) * UNITS_PER_RATE >= exact) wrong += line === 0n ? 0 : 1
      }
      if (sum !== bill.total) wrong += 1
      total += bill.total
    }
    expect({ seed, wrong }).toEqual({ seed, wrong: 0 })
    expect([...byCounter.values()].reduce((sum, part) => sum + part, 0n)).toBe(total)
  }, 120_000)

  test('told and read again have as many tokens as their provider says, part by part', () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const next = numbersFrom(seed)
    let wrong = 0
    for (let row = 0; row < ROWS; row += 1) {
      const { cacheReadAudio: _, ...usage } = randomUsage(next)
      const raw = encodeUsage(usage)
      const again = decodeUsage(raw)
      const same =
        inputTokens(again) === raw.prompt_tokens &&
        outputTokens(again) === raw.completion_tokens &&
        inputTokens(again) + outputTokens(again) === raw.total_tokens
      if (!same) wrong += 1
    }
    expect({ seed, wrong }).toEqual({ seed, wrong: 0 })
  }, 120_000)
})

import { readFileSync } from 'node:fs'
import { usdText } from '../canonical/money.ts'
import { handClock } from './money.contract.ts'
import { loadPriceBook } from './price-book.ts'

/*
 * The prices that were in force when a person last looked at them, one line a model. An update of the price data that makes a price fall by more than half, or
 * makes one vanish, fails a test until a person has looked: a poisoned or broken feed would let tenants spend without end. To accept an update,
 * read the difference that `node src/money/write-pinned-prices.ts` makes.
 */

/** USD per million tokens, as decimal text. */
export interface PinnedPrice {
  readonly provider: string
  readonly model: string
  readonly rates: readonly [input: string, output: string, cacheRead: string]
}

/** The file, beside this one. */
export const PINNED_FILE = new URL('./pinned-prices.txt', import.meta.url)

/** Providers whose prices are pinned: those that can be configured, and those of the clouds. */
const PROVIDERS = [
  ...['openai', 'anthropic', 'google', 'groq', 'deepseek', 'mistral', 'x-ai', 'together', 'fireworks', 'openrouter'],
  ...['aws', 'azure', 'cohere', 'perplexity'],
]

/** What the book says today, with corrections. Rates of long prompts and fees are not part of it. */
export async function currentPrices(): Promise<readonly PinnedPrice[]> {
  const book = await loadPriceBook(handClock(Date.parse('2026-11-21T12:00:00Z')))
  return PROVIDERS.flatMap((provider) =>
    book.modelsOf(provider).flatMap((model): PinnedPrice[] => {
      const price = book.priceOf(provider, model)
      return price ? [{ provider, model, rates: [text(price.input), text(price.output), text(price.cacheRead)] }] : []
    }),
  )
}

/** The pinned prices, as a person last accepted them. */
export function pinnedPrices(): readonly PinnedPrice[] {
  return readFileSync(PINNED_FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [provider = '', model = '', input = '', output = '', cacheRead = ''] = line.split(' ')
      return { provider, model, rates: [input, output, cacheRead] }
    })
}

/** The lines of the file. */
export function pinnedText(prices: readonly PinnedPrice[]): string {
  const lines = prices.map(({ provider, model, rates }) => [provider, model, ...rates].join(' '))
  return `# provider, model, USD per million tokens of input, output and cached input. See pinned-prices.contract.ts.\n${lines.join('\n')}\n`
}

/** Every price that vanished or fell by more than half, in words. */
export function priceDrops(pinned: readonly PinnedPrice[], current: readonly PinnedPrice[]): readonly string[] {
  const now = new Map(current.map((price) => [`${price.provider}/${price.model}`, price]))
  return pinned.flatMap(({ provider, model, rates }) => {
    const name = `${provider}/${model}`
    const found = now.get(name)
    if (!found) return [`${name} has no price any more`]
    return rates.flatMap((rate, at) => {
      const today = found.rates[at] ?? '0'
      return nano(today) * 2n < nano(rate) ? [`${name} fell from ${rate} to ${today}`] : []
    })
  })
}

function text(perMtok: bigint): string {
  return usdText(perMtok).replace(/\.?0+$/, '')
}

function nano(usd: string): bigint {
  const [whole = '0', decimals = ''] = usd.split('.')
  return BigInt(whole + decimals.padEnd(9, '0').slice(0, 9))
}

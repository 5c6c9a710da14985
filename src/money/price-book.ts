import type { ModelInfo, Provider } from '@pydantic/genai-prices'
import type { Clock } from '../lib/clock.ts'
import type { ModelPrice } from '../providers/deployment.ts'
import { maxOutputTokensOf } from './output-limits.ts'
import { PRICE_CORRECTIONS, type PriceCorrection } from './price-corrections.ts'
import { type MatchedRow, matchRow } from './price-match.ts'
import { overrideVersion, type PriceOverride, priceFromOverride } from './price-override.ts'
import { ratesOf } from './price-rates.ts'

/** The release of the price data that this code was written against; part of every price's version. */
export const PRICE_DATA_VERSION = '0.1.8'

/** What is known about models and their prices. Providers are named as in the price data: `openai`, `anthropic`, `x-ai`. */
export interface PriceBook {
  /**
   * The price of a model, or null when it is not known. An override from the config wins. The version says where the price is from;
   * `~guess` at its end means that only the shape of the name was known, `~peak` that the rates change with the hour and these are the dearest.
   */
  priceOf(provider: string, model: string, override?: PriceOverride): ModelPrice | null
  /** Names of a provider's models that have a price, in the order of the price data. */
  modelsOf(provider: string): readonly string[]
  /** The longest prompt plus answer in tokens; null when not known. */
  contextTokens(provider: string, model: string): number | null
  /** The longest answer in tokens; null when not known. */
  maxOutputTokens(provider: string, model: string): number | null
}

/** Loads the price data (some 30 ms, so it is loaded here and not with the module) and gives the book on it. */
export async function loadPriceBook(clock: Clock): Promise<PriceBook> {
  const { findProvider } = await import('@pydantic/genai-prices')

  // `findProvider` also finds by parts of a name; a provider that only looks like another one has no known price.
  const providerNamed = (id: string): Provider | null => {
    const found = findProvider({ providerId: id })
    return found?.id === id ? found : null
  }

  const rowOf = (id: string, model: string): (MatchedRow & { provider: string }) | null => {
    const provider = providerNamed(id)
    if (!provider) return null
    for (const each of [id, ...(provider.fallback_model_providers ?? [])]) {
      const found = matchRow(providerNamed(each)?.models ?? [], model)
      if (found) return { ...found, provider: each }
    }
    return null
  }

  const listedPrice = (provider: string, model: string): ModelPrice | null => {
    const found = rowOf(provider, model)
    const listed = found && ratesOf(found.row, clock.now())
    if (!listed) return null
    const since = listed.since ? `@${listed.since}` : ''
    const marks = `${listed.peak ? '~peak' : ''}${found.guess ? '~guess' : ''}`
    const version = `genai-prices@${PRICE_DATA_VERSION}:${found.provider}/${found.row.id}${since}${marks}`
    return { version, ...listed.rates, tiers: listed.tiers }
  }

  const isPriced = (row: ModelInfo): boolean => !row.deprecated && ratesOf(row, clock.now()) !== null

  return {
    priceOf(provider, model, override) {
      if (override) return priceFromOverride(override, overrideVersion(override))
      const correction = correctionFor(provider, model)
      if (correction) return priceFromOverride(correction.price, `corrected@${correction.date}:${provider}/${model}`)
      return listedPrice(provider, model)
    },
    modelsOf(provider) {
      const listed = (providerNamed(provider)?.models ?? []).filter(isPriced).map((row) => row.id)
      const corrected = PRICE_CORRECTIONS.filter((one) => one.provider === provider).flatMap((one) => one.models)
      return [...new Set([...listed, ...corrected])]
    },
    contextTokens(provider, model) {
      return correctionFor(provider, model)?.contextTokens ?? rowOf(provider, model)?.row.context_window ?? null
    },
    maxOutputTokens(provider, model) {
      return maxOutputTokensOf(provider, model)
    },
  }
}

function correctionFor(provider: string, model: string): PriceCorrection | undefined {
  return PRICE_CORRECTIONS.find((one) => one.provider === provider && one.models.includes(model))
}

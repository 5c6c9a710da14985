import type { ModelInfo, Provider } from '@pydantic/genai-prices'
import { nanoUsdFrom } from '../canonical/money.ts'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { Fees, ModelPrice, PriceTier } from '../providers/deployment.ts'
import { dearestOf } from './ceiling.ts'
import { maxOutputTokensOf } from './output-limits.ts'
import { PRICE_CORRECTIONS, type PriceCorrection } from './price-corrections.ts'
import { GUESS_MARK } from './price-guess.ts'
import { type MatchedRow, matchRow } from './price-match.ts'
import { NO_FEES, overrideVersion, type PriceOverride, priceFromOverride, ratesFromOverride } from './price-override.ts'
import { ratesOf } from './price-rates.ts'
import { raisedPrice } from './served-price.ts'
import { tierPrices } from './tier-prices.ts'
import { listedToolFees } from './tool-fee-list.ts'
import { endpointUplift, listedUplifts } from './uplift-list.ts'

/** The release of the price data that this code was written against; part of every price's version. */
export const PRICE_DATA_VERSION = '0.1.8'

/** What is known about models and their prices. Providers are named as in the price data: `openai`, `anthropic`, `x-ai`. */
export interface PriceBook {
  /**
   * The price of a model, or null when it is not known. An override from the config wins over rates; tool fees stay as they are known. The version says where
   * the price is from; `~guess` at its end means that only the shape of the name was known, `~peak` that the rates change with the hour and these are
   * the dearest, `@eu` that an endpoint of a region (`baseUrl`) costs more.
   */
  priceOf(provider: string, model: string, override?: PriceOverride, baseUrl?: string): ModelPrice | null
  /** The dearest that is known of any model of a provider, rate by rate, under the version `unknown`; null when nothing is known. */
  ceilingOf(provider: string): ModelPrice | null
  /** Names of a provider's models that have a price, in the order of the price data. */
  modelsOf(provider: string): readonly string[]
  /** The longest prompt plus answer in tokens; null when not known. */
  contextTokens(provider: string, model: string): number | null
  /** The longest answer in tokens; null when not known. */
  maxOutputTokens(provider: string, model: string): number | null
}

/** Providers that say with each call what it cost. */
const STATE_THEIR_COST: ReadonlySet<string> = new Set(['openrouter', 'x-ai'])

const THOUSANDS = 1000n
const DAY_MS = 86_400_000
/** How many prices are kept; names that a stranger may ask for are many. */
const REMEMBERED = 2000

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

  /** The row's rates and fees, and the name that tiers know it by. */
  const listedPrice = (provider: string, model: string): Base | null => {
    const found = rowOf(provider, model)
    const listed = found && ratesOf(found.row, clock.now())
    if (!listed) return null
    const since = listed.since ? `@${listed.since}` : ''
    const marks = `${listed.peak ? '~peak' : ''}${found.guess ? GUESS_MARK : ''}`
    const version = `genai-prices@${PRICE_DATA_VERSION}:${found.provider}/${found.row.id}${since}${marks}`
    const fees = { ...listed.fees, ...listedToolFees(found.provider, found.row.id) }
    return { name: found.row.id, price: { version, ...listed.rates, tiers: listed.tiers, ...someFees(fees) } }
  }

  const base = (provider: string, model: string): Base | null => {
    const correction = correctionFor(provider, model)
    return correction ? correctedPrice(correction, provider, model) : listedPrice(provider, model)
  }

  const overridden = (override: PriceOverride, known: Base | null, model: string): Base => {
    const { calls: _, ...listed } = known?.price.fees ?? {}
    const fees = known ? listed : NO_FEES
    return {
      name: known?.name ?? model,
      price: priceFromOverride(override, overrideVersion(override, fees), someFees(fees)),
    }
  }

  const isPriced = (row: ModelInfo): boolean => !row.deprecated && ratesOf(row, clock.now()) !== null

  const wholePrice = (
    provider: string,
    model: string,
    override: PriceOverride | undefined,
    baseUrl: string,
  ): ModelPrice | null => {
    const known = base(provider, model)
    const found = override ? overridden(override, known, model) : known
    if (!found) return null
    const uplift = override ? null : endpointUplift(provider, model, baseUrl)
    const raised = uplift
      ? raisedPrice(found.price, uplift.percent, `${found.price.version}@${uplift.place}`)
      : found.price
    const uplifts = listedUplifts(provider, model)
    const ordinary = uplifts ? { ...raised, uplifts } : raised
    const serviceTiers = tierPrices(provider, found.name, ordinary)
    return {
      ...ordinary,
      ...(serviceTiers ? { serviceTiers } : {}),
      ...(!override && STATE_THEIR_COST.has(provider) ? { statedByProvider: true } : {}),
    }
  }

  /** Prices that were asked for today: from tomorrow on some may be others. */
  let known = new LruMap<string, { readonly price: ModelPrice | null }>(REMEMBERED)
  let day = -1

  const book: PriceBook = {
    priceOf(provider, model, override, baseUrl = '') {
      if (override) return wholePrice(provider, model, override, baseUrl)
      const today = Math.floor(clock.now() / DAY_MS)
      if (today !== day) known = new LruMap(REMEMBERED)
      day = today
      const name = `${provider}\n${model}\n${baseUrl}`
      let found = known.get(name)
      if (!found) {
        found = { price: wholePrice(provider, model, undefined, baseUrl) }
        known.set(name, found)
      }
      return found.price
    },
    ceilingOf: (provider) =>
      dearestOf(
        book
          .modelsOf(provider)
          .map((model) => base(provider, model)?.price)
          .filter((price) => price !== undefined),
      ),
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
  return book
}

/** A price for the ordinary way of being served, and the name that lists of other ways know it by. */
interface Base {
  readonly name: string
  readonly price: ModelPrice
}

function correctedPrice(correction: PriceCorrection, provider: string, model: string): Base {
  const { price, longPrompt, feesPerThousand = {}, date, models } = correction
  const tiers: readonly PriceTier[] = longPrompt
    ? [{ fromInputTokens: longPrompt.fromInputTokens, rates: ratesFromOverride(longPrompt.price) }]
    : []
  const fees: Fees = {
    ...listedToolFees(provider, model),
    ...Object.fromEntries(Object.entries(feesPerThousand).map(([name, usd]) => [name, nanoUsdFrom(usd) * THOUSANDS])),
  }
  const version = `corrected@${date}:${provider}/${model}`
  return { name: models[0] ?? model, price: priceFromOverride(price, version, { tiers, ...someFees(fees) }) }
}

function someFees(fees: Fees): { readonly fees?: Fees } {
  return Object.keys(fees).length > 0 ? { fees } : {}
}

function correctionFor(provider: string, model: string): PriceCorrection | undefined {
  return PRICE_CORRECTIONS.find((one) => one.provider === provider && one.models.includes(model))
}

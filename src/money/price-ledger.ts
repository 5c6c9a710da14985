import { usdText } from '../canonical/money.ts'
import type { Clock } from '../lib/clock.ts'
import type { JsonObject } from '../lib/json.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { Deployment, ModelPrice, Rates } from '../providers/deployment.ts'
import type { LedgerStore, PriceRow } from '../storage/contracts/ledger-store.ts'
import { UNKNOWN_VERSION } from './ceiling.ts'
import { PRICE_CORRECTIONS } from './price-corrections.ts'
import type { PricedUsage } from './pricing.ts'
import { RATE_NAMES } from './served-price.ts'

/*
 * Every price that a row names is kept in the ledger, as it was when it was first used, and never changes: what a call cost can be computed again
 * years later, whatever prices have become. A price is written once for each process, when its first call is priced, and the settlement of
 * that call waits for it; should it fail, the next call tries again, and no call fails for it.
 */

/** Keeps prices. */
export interface PriceLedger {
  /** To be told of every price that is used. */
  readonly used: (deployment: Deployment, priced: PricedUsage) => void
  /** What settlements wait for: until all that was used is kept, or could not be. Null when there is nothing to wait for; never rejects. */
  readonly kept: () => Promise<void> | null
}

/** How many versions are remembered as kept. */
const REMEMBERED = 10_000

/** A price ledger over a store. `failed` is told when prices could not be kept. */
export function createPriceLedger(
  store: Pick<LedgerStore, 'notePrices'>,
  clock: Clock,
  failed: (error: unknown) => void,
): PriceLedger {
  const known = new LruMap<string, true>(REMEMBERED)
  let pending: Promise<void> | null = null

  const keep = async (rows: readonly PriceRow[], before: Promise<void> | null): Promise<void> => {
    await before
    try {
      await store.notePrices(rows)
    } catch (error) {
      for (const { version } of rows) known.delete(version)
      failed(error)
    }
  }

  return {
    used(deployment, { version, price }) {
      if (known.get(version) || version === UNKNOWN_VERSION) return
      known.set(version, true)
      const kept = keep([priceRow(deployment, version, price, clock.now())], pending).finally(() => {
        if (pending === kept) pending = null
      })
      pending = kept
    },
    kept: () => pending,
  }
}

/** A price as it is kept: rates in USD per million tokens, fees in USD by the piece, as exact decimal text. */
export function priceRow(
  { endpoint, model }: Deployment,
  version: string,
  price: ModelPrice | null,
  firstUsedAt: number,
): PriceRow {
  return {
    version,
    provider: endpoint.provider,
    model,
    rates: price ? ratesJson(price) : {},
    source: sourceOf(version),
    firstUsedAt,
  }
}

function ratesJson(price: ModelPrice): JsonObject {
  const fees = Object.entries(price.fees ?? {}).map(([name, fee]) => [name, perPiece(fee)])
  return {
    ...ratesText(price),
    tiers: price.tiers.map((tier) => ({ from_input_tokens: tier.fromInputTokens, ...ratesText(tier.rates) })),
    fees: Object.fromEntries(fees),
  }
}

function ratesText(rates: Partial<Rates>): JsonObject {
  const said = RATE_NAMES.flatMap((name) => (rates[name] === undefined ? [] : [[name, usdText(rates[name])]]))
  return Object.fromEntries(said)
}

const MILLION = 1_000_000n

/** Fees are in nano-USD per million pieces: six more decimals than a nano-USD has. */
function perPiece(fee: bigint): string {
  const rest = (fee % MILLION).toString().padStart(6, '0')
  return `${usdText(fee / MILLION)}${rest}`
}

function sourceOf(version: string): string {
  if (version.endsWith('#billed')) return 'the provider’s own figure in each answer'
  if (version.startsWith('config:')) return 'the configuration'
  if (version.startsWith('simulated')) return 'the simulated provider'
  const corrected = PRICE_CORRECTIONS.find(({ date, provider, models }) =>
    models.some((model) => version.startsWith(`corrected@${date}:${provider}/${model}`)),
  )
  return corrected ? `${corrected.source}, read on ${corrected.date}` : 'the price data of @pydantic/genai-prices'
}

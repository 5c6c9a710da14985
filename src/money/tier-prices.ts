import { nanoUsdFrom } from '../canonical/money.ts'
import type { ModelPrice } from '../providers/deployment.ts'
import { scaledPrice } from './served-price.ts'
import { type ListedServiceTier, listedServiceTiers } from './service-tier-list.ts'

/**
 * The prices of a model's other ways of being served, made from its ordinary one; null when the provider has one way to serve. Their versions name the tier and
 * when its price was read: `genai-prices@0.1.8:openai/gpt-5#priority@2026-11-21`.
 */
export function tierPrices(
  provider: string,
  name: string,
  price: ModelPrice,
): Readonly<Record<string, ModelPrice>> | null {
  const listed = listedServiceTiers(provider, name)
  if (!listed) return null
  return Object.fromEntries([...listed].map(([tier, entry]) => [tier, tierPrice(price, entry)]))
}

function tierPrice(price: ModelPrice, { tier, factor, date, ...entry }: ListedServiceTier): ModelPrice {
  const scaled = scaledPrice(price, factor, `${price.version}#${tier}@${date}`)
  if (entry.cachedInputPerMtok !== undefined) {
    const cacheRead = nanoUsdFrom(entry.cachedInputPerMtok)
    return { ...scaled, cacheRead, cacheReadAudio: cacheRead }
  }
  return entry.cachedAsInput ? { ...scaled, cacheRead: scaled.input, cacheReadAudio: scaled.inputAudio } : scaled
}

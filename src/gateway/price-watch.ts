import type { Alert } from '../alerts/alert.ts'
import type { UnknownPrice } from '../config/sections/price.ts'
import { LruMap } from '../lib/lru-map.ts'
import { UNKNOWN_VERSION } from '../money/ceiling.ts'
import { isGuessed } from '../money/price-guess.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { Log } from './log.ts'

/** What a call is flagged with whose price was not known. */
export const UNKNOWN_PRICE_FLAG = 'unknown_price'
/** What a call is flagged with whose price was guessed from the shape of the model's name. */
export const GUESSED_PRICE_FLAG = 'guessed_price'

const DAY_MS = 86_400_000
/** How many models are remembered as told of. */
const REMEMBERED = 1000

/** Looks at the price of every deployment that is called; gives the flag for the call, null when its price is known. Each model is told of once. */
export type PriceWatch = (deployment: Deployment) => string | null

/** A watch under the policy in force. */
export function createPriceWatch(policy: UnknownPrice, log: Log, raise: (alert: Alert) => void): PriceWatch {
  const told = new LruMap<string, true>(REMEMBERED)
  return ({ id, price }) => {
    const version = price?.version ?? ''
    const unknown = version === UNKNOWN_VERSION
    if (!unknown && !isGuessed(version)) return null
    if (unknown && policy !== 'flag') return null
    if (!told.get(id)) {
      told.set(id, true)
      log.warn({ deployment: id, price_version: version }, unknown ? 'no price is known' : 'the price is a guess')
      if (unknown) raise(unknownPriceAlert(id))
    }
    return unknown ? UNKNOWN_PRICE_FLAG : GUESSED_PRICE_FLAG
  }
}

function unknownPriceAlert(deployment: string): Alert {
  return {
    key: `unknown_price/${deployment}`,
    kind: 'unknown_price',
    scope: { model: deployment },
    message: `No price is known for ${deployment}; its calls count at the ceiling. Set one under providers.*.models.*.price.`,
    details: { deployment },
    quietMs: DAY_MS,
  }
}

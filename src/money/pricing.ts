import type { CallExtras } from '../canonical/call-extras.ts'
import type { Usage } from '../canonical/usage.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { Deployment, ModelPrice } from '../providers/deployment.ts'
import { affordableOutput, bound } from './bound.ts'
import { type Cost, cost, statedCost } from './cost.ts'
import { createEstimator } from './estimate.ts'
import type { Money } from './reservation.ts'
import { dearestPrice, possiblePrices, servedPrice } from './served-price.ts'

/** The part of the money room that only computes. */
export type Pricing = Pick<Money, 'bound' | 'price' | 'affordableOutput' | 'estimateInput' | 'learn'>

/** What was used by a price: the version says which, the price is null when the provider's own figure was taken. */
export interface PricedUsage {
  readonly cost: Cost
  readonly version: string
  readonly price: ModelPrice | null
}

/** How many deployments are remembered for serving calls in a dearer way than these asked for. */
const REMEMBERED = 1000
const NOTHING: CallExtras = {}

/**
 * Prices and estimates by deployment. What it learns it keeps in memory: the size of prompts, and deployments whose account is set to be served
 * in a dearer way than calls ask for. `onPriced` is told of every price that is used.
 */
export function createPricing(onPriced?: (deployment: Deployment, priced: PricedUsage) => void): Pricing {
  const estimator = createEstimator()
  const dearer = new LruMap<string, string>(REMEMBERED)

  /** What a call asks for; one that asks for nothing may still be served as the account is set. */
  const askedOf = ({ id, asked = NOTHING }: Deployment): CallExtras => {
    const usual = asked.serviceTier === undefined ? dearer.get(id) : undefined
    return usual === undefined ? asked : { ...asked, serviceTier: usual }
  }

  return {
    bound: (deployment, size) => (deployment.price ? bound(deployment.price, size, askedOf(deployment)) : null),
    price(deployment, usage) {
      const price = priceOf(deployment)
      const { asked = NOTHING } = deployment
      const priced = priceUsage(price, usage, asked)
      if (asked.serviceTier === undefined && usage.serviceTier !== undefined && priced.price) {
        if (priced.price.output > price.output) dearer.set(deployment.id, usage.serviceTier)
      }
      onPriced?.(deployment, priced)
      return { cost: priced.cost.total, toolFees: priced.cost.toolFees, priceVersion: priced.version }
    },
    affordableOutput: (deployment, inputTokens, limit) =>
      deployment.price ? affordableOutput(deployment.price, inputTokens, limit, askedOf(deployment)) : 0,
    estimateInput: ({ model }, prompt) => estimator.tokens(model, prompt),
    learn: ({ model }, prompt, inputTokens) => estimator.learn(model, prompt, inputTokens),
  }
}

/** What a usage costs: the provider's own figure where it states one, else the price of the way it was served, else the dearest that was asked for. */
export function priceUsage(price: ModelPrice, usage: Usage, asked: CallExtras = {}): PricedUsage {
  if (price.statedByProvider && usage.billedUsd !== undefined && usage.billedUsd > 0) {
    return { cost: statedCost(usage.billedUsd), version: `${price.version}#billed`, price: null }
  }
  const geography = usage.geography ?? asked.geography
  const served =
    usage.serviceTier === undefined && asked.serviceTier !== undefined
      ? dearestPrice(possiblePrices(price, { ...asked, ...(geography === undefined ? {} : { geography }) }) ?? [price])
      : servedPrice(price, usage.serviceTier, geography)
  return { cost: cost(served, usage), version: served.version, price: served }
}

function priceOf({ id, price }: Deployment): ModelPrice {
  if (price) return price
  throw new GatewayError(
    'price_unknown',
    `No price is known for ${id}; set one under providers.*.models.*.price in the config.`,
  )
}

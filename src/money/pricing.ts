import { GatewayError } from '../errors/gateway-error.ts'
import type { Deployment, ModelPrice } from '../providers/deployment.ts'
import { affordableOutput, bound } from './bound.ts'
import { cost } from './cost.ts'
import { createEstimator } from './estimate.ts'
import type { Money } from './reservation.ts'

/** The part of the money room that only computes. */
export type Pricing = Pick<Money, 'bound' | 'price' | 'affordableOutput' | 'estimateInput' | 'learn'>

/** Prices and estimates by deployment. What it learns about prompts it keeps in memory. */
export function createPricing(): Pricing {
  const estimator = createEstimator()
  return {
    bound: ({ price }, size) => (price ? bound(price, size) : null),
    price(deployment, usage) {
      const price = priceOf(deployment)
      return { cost: cost(price, usage).total, priceVersion: price.version }
    },
    affordableOutput: ({ price }, inputTokens, limit) => (price ? affordableOutput(price, inputTokens, limit) : 0),
    estimateInput: ({ model }, prompt) => estimator.tokens(model, prompt),
    learn: ({ model }, prompt, inputTokens) => estimator.learn(model, prompt, inputTokens),
  }
}

function priceOf({ id, price }: Deployment): ModelPrice {
  if (price) return price
  throw new GatewayError(
    'price_unknown',
    `No price is known for ${id}; set one under providers.*.models.*.price in the config.`,
  )
}

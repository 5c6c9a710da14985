import type { CallExtras } from '../../canonical/call-extras.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { isObject } from '../../lib/json.ts'
import { ownExtensions } from './extensions.ts'

/** What a request asks for that changes its price: a service tier, or a model that was optimized to answer sooner. */
export function priceAsks(request: CanonicalRequest): CallExtras {
  const { serviceTier, performanceConfig } = ownExtensions(request.extensions)
  if (isObject(serviceTier) && typeof serviceTier.type === 'string') return { serviceTier: serviceTier.type }
  const optimized = isObject(performanceConfig) && performanceConfig.latency === 'optimized'
  return optimized ? { serviceTier: 'optimized' } : {}
}

import type { CallExtras } from '../canonical/call-extras.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { upstreamDialect } from '../dialects/registry.ts'
import type { RouteAsk } from '../policy/route.ts'

/**
 * What a call asks of a deployment that changes its price: a service tier, a place, tools that the provider runs. It is said in the deployment's own wire format;
 * what is said in another one does not reach it. Most calls ask for nothing, and nothing is then looked at.
 */
export function priceAsks(request: CanonicalRequest, inbound: DialectName | null): RouteAsk['asks'] {
  const asksNothing = request.extensions === undefined && !request.tools?.some((tool) => tool.type === 'hosted')
  if (asksNothing) return undefined
  return ({ endpoint, dialects }) => {
    const { serviceTier, ...asked } = upstreamDialect(dialects, inbound).priceAsks(request)
    const refused = endpoint.quirks.rejects?.includes('service_tier') ?? false
    const extras: CallExtras = serviceTier === undefined || refused ? asked : { ...asked, serviceTier }
    return Object.keys(extras).length > 0 ? extras : null
  }
}

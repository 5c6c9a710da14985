import { GatewayError } from '../errors/gateway-error.ts'
import type { Endpoint } from './deployment.ts'

/**
 * The headers that prove who we are, for one URL. A key is bound to the origin of its endpoint's base URL: for any other
 * origin (a redirect, a mistake) this throws GatewayError `internal`, and the key stays here. The only place that reveals
 * a provider key.
 */
export function authHeaders(endpoint: Endpoint, url: URL): Readonly<Record<string, string>> {
  if (endpoint.auth.kind === 'none' || !endpoint.apiKey) return {}
  if (url.origin !== new URL(endpoint.baseUrl).origin)
    throw new GatewayError(
      'internal',
      `The key of provider "${endpoint.provider}" may only be sent to its own address.`,
    )
  const key = endpoint.apiKey.reveal()
  return endpoint.auth.kind === 'bearer' ? { authorization: `Bearer ${key}` } : { [endpoint.auth.name]: key }
}

import { GatewayError } from '../../errors/gateway-error.ts'
import type { Endpoint } from '../deployment.ts'

/** Throws GatewayError `internal` unless the address is at the origin of the endpoint's base URL (a redirect, a mistake): keys stay here then. */
export function requireOwnOrigin(endpoint: Pick<Endpoint, 'baseUrl' | 'provider'>, url: URL): void {
  if (url.origin === new URL(endpoint.baseUrl).origin) return
  throw new GatewayError('internal', `The key of provider "${endpoint.provider}" may only be sent to its own address.`)
}

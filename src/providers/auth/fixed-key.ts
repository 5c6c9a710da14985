import type { Endpoint } from '../deployment.ts'
import type { FixedAuthenticator } from './authenticator.ts'
import { requireOwnOrigin } from './own-origin.ts'

/** Sends a key that does not change, as a bearer or in a header of its own; without a key, nothing. */
export function fixedKeyAuthenticator(
  endpoint: Pick<Endpoint, 'baseUrl' | 'provider' | 'auth' | 'apiKey'>,
): FixedAuthenticator {
  const { auth, apiKey } = endpoint
  if (!apiKey || (auth.kind !== 'bearer' && auth.kind !== 'header')) return { fixed: true, headersFor: () => ({}) }
  const headers =
    auth.kind === 'bearer' ? { authorization: `Bearer ${apiKey.reveal()}` } : { [auth.name]: apiKey.reveal() }
  return {
    fixed: true,
    headersFor({ url }) {
      requireOwnOrigin(endpoint, url)
      return headers
    },
  }
}

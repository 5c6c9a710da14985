import type { Clock } from '../../lib/clock.ts'
import type { Endpoint } from '../deployment.ts'
import type { AuthHeaders, IssuingAuthenticator } from './authenticator.ts'
import { requireOwnOrigin } from './own-origin.ts'
import { type Issued, TokenCache } from './token-cache.ts'

/** Sends a token that is issued for a time. Calls wait only while there is none. */
export function tokenAuthenticator(
  endpoint: Pick<Endpoint, 'baseUrl' | 'provider'>,
  issue: () => Promise<Issued<string>>,
  clock: Clock,
): IssuingAuthenticator {
  const headers = new TokenCache<AuthHeaders>(async () => {
    const { value, expiresAt } = await issue()
    return { value: { authorization: `Bearer ${value}` }, expiresAt }
  }, clock)
  return {
    fixed: false,
    headersFor({ url }) {
      requireOwnOrigin(endpoint, url)
      return headers.get()
    },
  }
}

import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import type { Endpoint } from '../deployment.ts'
import type { Authenticator } from './authenticator.ts'
import { sigV4Authenticator } from './aws-sigv4.ts'
import { azureTokens } from './azure.ts'
import { tokenAuthenticator } from './bearer-token.ts'
import { fixedKeyAuthenticator } from './fixed-key.ts'
import { googleTokens } from './google.ts'

/** The authenticators of all endpoints. */
export interface Authenticators {
  /** The one of this endpoint, always the same. */
  of(endpoint: Endpoint): Authenticator
}

/**
 * Keeps one authenticator for each endpoint. A new version of the configuration has new endpoints: one that proves itself just as its namesake did
 * takes over its authenticator, so that a reload fetches no token anew.
 */
export function createAuthenticators(clock: Clock): Authenticators {
  const byEndpoint = new WeakMap<Endpoint, Authenticator>()
  const byProvider = new Map<string, { readonly likeness: string; readonly authenticator: Authenticator }>()

  function newest(endpoint: Endpoint): Authenticator {
    const likeness = likenessOf(endpoint)
    const known = byProvider.get(endpoint.provider)
    if (known?.likeness === likeness) return known.authenticator
    const authenticator = createAuthenticator(endpoint, clock)
    byProvider.set(endpoint.provider, { likeness, authenticator })
    return authenticator
  }

  return {
    of(endpoint) {
      let authenticator = byEndpoint.get(endpoint)
      if (!authenticator) {
        authenticator = newest(endpoint)
        byEndpoint.set(endpoint, authenticator)
      }
      return authenticator
    },
  }
}

/** The authenticator that an endpoint's settings ask for. Fetches nothing yet. */
export function createAuthenticator(endpoint: Endpoint, clock: Clock): Authenticator {
  const { auth } = endpoint
  switch (auth.kind) {
    case 'aws-sigv4':
      return sigV4Authenticator(endpoint, auth, clock)
    case 'google':
      return tokenAuthenticator(endpoint, googleTokens(auth), clock)
    case 'azure':
      return tokenAuthenticator(endpoint, azureTokens(auth), clock)
    default:
      return fixedKeyAuthenticator(endpoint)
  }
}

/** The same for endpoints that prove themselves in the same way with the same secrets, at the same place. */
function likenessOf({ baseUrl, auth, apiKey }: Endpoint): string {
  const text = JSON.stringify({ baseUrl, auth, apiKey }, function (this: Record<string, unknown>, key, value) {
    const raw = this[key]
    return raw instanceof Secret ? raw.reveal() : value
  })
  return createHash('sha256').update(text).digest('base64')
}

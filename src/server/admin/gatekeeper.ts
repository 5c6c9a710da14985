import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../access/context.ts'
import { presentedKey, refuseKeysInQuery } from '../../access/credentials.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { queryOf } from './ask.ts'
import { refuseForeignOrigin, sessionToken } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who operates: set for every route below /admin/v1/. */
    operator: Principal | null
  }
}

/** The check in front of every admin route: an admin key, or a session opened with one. A session's writes must come from our own pages. */
export function createGatekeeper(house: House, sessions: Sessions): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    refuseKeysInQuery(queryOf(request).toString())
    const token = sessionToken(request)
    const held = token === null ? null : sessions.keyOf(token)
    if (held !== null && request.method !== 'GET') refuseForeignOrigin(request)
    const principal = await house.keys.authenticate(held ?? presentedKey(request.headers))
    if (principal.kind !== 'admin') {
      throw new GatewayError('permission_denied', 'This needs an admin key; the key that was sent is for model calls.')
    }
    request.operator = principal
  }
}

/** Who operates, for the audit log. */
export function operatorOf(request: FastifyRequest): string {
  return request.operator?.keyId ?? 'unknown'
}

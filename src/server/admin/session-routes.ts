import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { isObject } from '../../lib/json.ts'
import { refuseForeignOrigin, sessionCookie, sessionToken } from './session-cookie.ts'
import type { Sessions } from './sessions.ts'

const TWELVE_HOURS_SECONDS = 43_200

/** Signing in to the console: `POST /admin/v1/session` with an admin key gives a cookie that scripts cannot read. */
export function registerSession(app: FastifyInstance, house: House, sessions: Sessions): void {
  app.post('/admin/v1/session', async (request, reply) => {
    if (request.headers.origin !== undefined) refuseForeignOrigin(request)
    const key = isObject(request.body) ? request.body.admin_key : undefined
    if (typeof key !== 'string') {
      throw new GatewayError('invalid_request', 'Send { "admin_key": "hg-admin-…" }.', { param: 'admin_key' })
    }
    const principal = await house.keys.authenticate(key.trim())
    if (principal.kind !== 'admin') throw new GatewayError('permission_denied', 'This is not an admin key.')
    const cookie = sessionCookie(request, sessions.open(key.trim()), TWELVE_HOURS_SECONDS)
    return reply.code(204).header('set-cookie', cookie).send()
  })
  app.delete('/admin/v1/session', async (request, reply) => {
    refuseForeignOrigin(request)
    const token = sessionToken(request)
    if (token !== null) sessions.close(token)
    return reply
      .code(204)
      .header('set-cookie', sessionCookie(request, '', 0))
      .send()
  })
}

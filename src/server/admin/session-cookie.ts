import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors/gateway-error.ts'

const COOKIE = 'headgate_session'

/**
 * The cookie of a session: scripts cannot read it, and no other site's page makes a browser send it. Where a proxy in front speaks TLS with the
 * browser, it is for TLS only.
 */
export function sessionCookie(request: FastifyRequest, token: string, maxAgeSeconds: number): string {
  const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : ''
  return `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`
}

/** The session token of a request's cookie, or null. */
export function sessionToken(request: FastifyRequest): string | null {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === COOKIE && value) return value
  }
  return null
}

/** A page of another site can make a browser send its cookie; it cannot hide where it is. Throws GatewayError 403. */
export function refuseForeignOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === host) return
  throw new GatewayError('permission_denied', 'Writes with a console session are taken from the console itself only.')
}

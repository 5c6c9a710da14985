/*
 * Everything that is not a model call: health, the API description, the admin API and the console. Fastify, because here clarity counts and
 * microseconds do not. Every route below /admin/v1/ needs an admin key or a console session; there is no other way in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ConfigStatus } from '../../config/watch.ts'
import { asGatewayError, GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { errorReply, PLAIN_DIALECT } from '../../gateway/stages/wire-reply.ts'
import { registerConsole } from './console-routes.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { registerHealth } from './health-routes.ts'
import { registerKeys } from './key-routes.ts'
import { registerOpenApi } from './openapi-routes.ts'
import { registerRecords } from './record-routes.ts'
import { registerSession } from './session-routes.ts'
import { createSessions } from './sessions.ts'

/** What the admin plane serves from. */
export interface AdminPlaneOptions {
  readonly house: House
  readonly configStatus: () => ConfigStatus
}

/** The handler for everything beside the data plane. */
export interface AdminPlane {
  routing(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const BODY_LIMIT_BYTES = 1024 * 1024

/** Builds all routes. */
export async function createAdminPlane({ house, configStatus }: AdminPlaneOptions): Promise<AdminPlane> {
  const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, logger: false })
  const sessions = createSessions(house.clock)
  answerErrorsInOurWords(app, house)
  registerHealth(app, house, configStatus)
  registerOpenApi(app)
  registerConsole(app)
  registerSession(app, house, sessions)
  await app.register(async (admin) => {
    admin.addHook('preHandler', createGatekeeper(house, sessions))
    registerKeys(admin, house)
    registerRecords(admin, house)
  })
  await app.ready()
  return { routing: (request, response) => app.routing(request, response), close: () => app.close() }
}

function answerErrorsInOurWords(app: FastifyInstance, house: House): void {
  app.setNotFoundHandler((request) => {
    throw new GatewayError(
      'not_found',
      `There is nothing at ${request.method} ${request.url}; /openapi.json lists all paths.`,
    )
  })
  app.setErrorHandler((thrown, request, reply) => {
    const error = understood(thrown)
    if (error.code === 'internal') house.log.error({ err: error.cause, path: request.url }, 'internal error')
    const { status, headers, body } = errorReply(PLAIN_DIALECT, null, error)
    return reply.code(status).headers(headers).send(body)
  })
}

/** Fastify's own complaints (bad JSON, a body too large) are the caller's mistakes, not ours. */
function understood(thrown: unknown): GatewayError {
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500
  if (thrown instanceof GatewayError || status >= 500) return asGatewayError(thrown)
  const message = thrown instanceof Error ? thrown.message : 'The request could not be read.'
  return new GatewayError(status === 413 ? 'request_too_large' : 'invalid_request', message)
}

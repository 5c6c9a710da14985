/*
 * Everything that is not a model call: health, the API description, the admin API and the console. Fastify, because here clarity counts and
 * microseconds do not. Every route below /admin/v1/ needs an admin key or a console session; there is no other way in.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { ConfigStatus } from '../../config/watch.ts'
import { asGatewayError, GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { errorReply, PLAIN_DIALECT } from '../../gateway/stages/wire-reply.ts'
import { parseJson } from '../../lib/json.ts'
import { registerAdjustments } from './adjustment-routes.ts'
import { registerAlerts } from './alert-routes.ts'
import { registerBreakers } from './breaker-routes.ts'
import { registerBudgets } from './budget-routes.ts'
import { registerConsole } from './console-routes.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { registerHealth } from './health-routes.ts'
import { registerJobs } from './job-routes.ts'
import { registerKeys } from './key-routes.ts'
import { registerKillSwitches } from './kill-switch-routes.ts'
import { registerLimits } from './limit-routes.ts'
import { registerMetrics } from './metrics-routes.ts'
import { registerOpenApi } from './openapi-routes.ts'
import { registerPolicy } from './policy-routes.ts'
import { registerRecords } from './record-routes.ts'
import { registerReports } from './report-routes.ts'
import { registerSession } from './session-routes.ts'
import { createSessions } from './sessions.ts'

/** What the admin plane serves from. */
export interface AdminPlaneOptions {
  readonly house: House
  readonly configStatus: () => ConfigStatus
  /** `probes`: only what load balancers and programs need of a port that is for calls. Default: everything. */
  readonly share?: 'everything' | 'probes'
  /** Whether `/metrics` is for everybody who can reach it; else it needs an admin key. */
  readonly openMetrics: boolean
}

/** A route as it is registered. */
export interface Route {
  readonly method: string
  /** Parameters as `{id}`. */
  readonly path: string
}

/** The handler for everything beside the data plane. */
export interface AdminPlane {
  /** Every route that it answers. */
  readonly routes: readonly Route[]
  routing(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

const BODY_LIMIT_BYTES = 1024 * 1024
const LONGEST_PATH_SHOWN = 200

/** What every reply here says: it is for whoever asked and nobody else, and it is what it says it is. */
const HEADERS = { 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' }

/** Builds all routes. */
export async function createAdminPlane({
  house,
  configStatus,
  openMetrics,
  share = 'everything',
}: AdminPlaneOptions): Promise<AdminPlane> {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    logger: false,
    frameworkErrors: (error, request, reply) => sendError(house, error, request, reply),
  })
  const routes: Route[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url.replace(/:(\w+)/g, '{$1}') })
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS)
  })
  app.setErrorHandler((error, request, reply) => sendError(house, error, request, reply))
  app.setNotFoundHandler((request) => {
    throw new GatewayError(
      'not_found',
      `There is nothing at ${request.method} ${pathOf(request)}; /openapi.json lists all paths.`,
    )
  })
  readJsonBodies(app)
  registerHealth(app, house, configStatus)
  registerOpenApi(app)
  if (share === 'everything') await registerRooms(app, house, openMetrics)
  await app.ready()
  return { routes, routing: (request, response) => app.routing(request, response), close: () => app.close() }
}

/** What is for operators alone. */
async function registerRooms(app: FastifyInstance, house: House, openMetrics: boolean): Promise<void> {
  const sessions = createSessions(house.clock)
  registerMetrics(app, house, openMetrics ? null : createGatekeeper(house, sessions))
  registerConsole(app)
  registerSession(app, house, sessions)
  await app.register(async (admin) => {
    // Before the body is read: a stranger's megabyte is not worth parsing.
    admin.addHook('onRequest', createGatekeeper(house, sessions))
    registerKeys(admin, house)
    registerRecords(admin, house)
    registerPolicy(admin, house)
    registerBudgets(admin, house)
    registerAdjustments(admin, house)
    registerLimits(admin, house)
    registerReports(admin, house)
    registerBreakers(admin, house)
    registerKillSwitches(admin, house)
    registerAlerts(admin, house)
    registerJobs(admin, house)
  })
}

/** Bodies are JSON and say so, which a form of another site cannot. An announced body that is empty is none: clients send such with DELETE. */
function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text.length === 0) return done(null, undefined)
    const value = parseJson(String(text))
    if (value === undefined) return done(new GatewayError('invalid_request', 'The body is not valid JSON.'))
    done(null, value)
  })
}

function sendError(house: House, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = understood(thrown)
  if (error.code === 'internal') house.log.error({ err: error.cause, path: pathOf(request) }, 'internal error')
  const { status, headers, body } = errorReply(PLAIN_DIALECT, null, error)
  return reply.code(status).headers(HEADERS).headers(headers).send(body)
}

/** Fastify's own complaints (a body too large, a path that cannot be read) are the caller's mistakes, not ours. */
function understood(thrown: unknown): GatewayError {
  const status = thrown instanceof Error && 'statusCode' in thrown ? Number(thrown.statusCode) : 500
  if (thrown instanceof GatewayError || status >= 500) return asGatewayError(thrown)
  if (status === 415) return new GatewayError('invalid_request', 'Send JSON, with content-type: application/json.')
  const message = thrown instanceof Error ? thrown.message : 'The request could not be read.'
  return new GatewayError(status === 413 ? 'request_too_large' : 'invalid_request', message)
}

/** The path alone: what people put into a query string does not belong into replies and logs. */
function pathOf(request: FastifyRequest): string {
  return (request.url.split('?')[0] ?? '').slice(0, LONGEST_PATH_SHOWN)
}

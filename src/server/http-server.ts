/*
 * The listening socket. Model calls and everything else under /v1/ take the short way: node:http, a body read with a cap, the data plane, and a
 * reply written with backpressure. All other paths (admin, health, console) belong to the admin plane.
 *
 * It stops in order: no new connections, then every running call may end, then those that take too long are told why and cut.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asGatewayError, GatewayError } from '../errors/gateway-error.ts'
import { dataPlane, dialectOfPath, isDataPlane } from '../gateway/data-plane.ts'
import type { Engine } from '../gateway/engine.ts'
import { asWireCall } from '../gateway/inbound-call.ts'
import { accessFirst } from '../gateway/stages/access-first.ts'
import { errorReply } from '../gateway/stages/wire-reply.ts'
import { systemClock } from '../lib/clock.ts'
import { limitConnections } from './connection-counts.ts'
import { startHeartbeat } from './heartbeat.ts'
import { OtherRequests } from './other-requests.ts'
import { pathOf } from './path-of.ts'
import { readBody } from './read-body.ts'
import { RunningCalls } from './running-calls.ts'
import { type BodyPatience, endLateBodies } from './slow-bodies.ts'
import { writeReply } from './write-reply.ts'

/** What the server needs. */
export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly maxBodyBytes: number
  /** The engine of the newest configuration; asked once per request. */
  readonly engine: () => Engine
  /** Answers what is not the data plane; all paths, where there is none. */
  readonly adminPlane: (request: IncomingMessage, response: ServerResponse) => void
  /** Default true. */
  readonly hasDataPlane?: boolean
  /** How long a request may take to come. */
  readonly patience?: SenderPatience
  /** A stream that is silent gives a sign of life this often; null, the default: never. */
  readonly heartbeatMs?: number | null
  /** Most open connections of one address; null, the default: any number. */
  readonly connectionsPerAddress?: number | null
}

/** A server that listens. */
export interface HttpServer {
  readonly host: string
  readonly port: number
  /** `http://127.0.0.1:4100` */
  readonly url: string
  /** Takes no new connections, and resolves when every running call is done; those that run after `drainMs` are cut. */
  close(drainMs: number): Promise<void>
}

/** How long a request may take to come, drop by drop or not at all; then it is answered with 408 and its connection closed. */
export interface SenderPatience extends BodyPatience {
  readonly headersMs: number
  /** How often headers and bodies are looked after. */
  readonly lookEveryMs: number
}

/** The rate is that of the slowest lines: ten megabytes may take 21 minutes. */
const PATIENCE: SenderPatience = { headersMs: 10_000, bodyMs: 30_000, bytesPerSecond: 8_000, lookEveryMs: 5_000 }
/** How long the rest of a refused body is read, and how long a call that is cut may take to say so. */
const LAST_WORDS_MS = 2_000
const CLOSE_IDLE_EVERY_MS = 100
const NOTHING: Buffer = Buffer.alloc(0)

/** Starts to listen. Rejects with the socket's error (EADDRINUSE, EACCES). */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { patience = PATIENCE } = options
  const server = createServer({
    keepAliveTimeout: 75_000,
    headersTimeout: patience.headersMs,
    // Bodies are looked after by their rate.
    requestTimeout: 0,
    connectionsCheckingInterval: patience.lookEveryMs,
    // Two keys in one request are then seen as two, not the first of them alone.
    joinDuplicateHeaders: true,
  })
  const calls = new RunningCalls()
  const others = new OtherRequests()
  const { hasDataPlane = true, heartbeatMs = null, connectionsPerAddress = null } = options
  server.on('request', (request, response) => {
    const path = pathOf(request)
    if (hasDataPlane && isDataPlane(path)) return void serve(options, calls, path, request, response)
    others.begin(request, response)
    options.adminPlane(request, response)
  })
  if (connectionsPerAddress !== null) limitConnections(server, connectionsPerAddress, () => options.engine().log)
  const heartbeat = heartbeatMs === null ? null : startHeartbeat(heartbeatMs, () => calls.all())
  const bodies = setInterval(() => {
    for (const coming of [calls.all(), others.all()]) endLateBodies(coming, patience, systemClock.monotonic())
  }, patience.lookEveryMs).unref()
  server.once('close', () => {
    heartbeat?.stop()
    clearInterval(bodies)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      // A connection that could not be taken (no file handle is left) must not take the others down.
      server.on('error', (error) => options.engine().log.error({ err: error }, 'a connection could not be taken'))
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  const shown = options.host.includes(':') ? `[${options.host}]` : options.host
  return { host: options.host, port, url: `http://${shown}:${port}`, close: (drainMs) => close(server, calls, drainMs) }
}

async function serve(
  options: HttpServerOptions,
  calls: RunningCalls,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const engine = options.engine()
  const call = calls.begin(request, response)
  response.on('close', () => {
    if (!response.writableFinished) call.abort()
  })
  const url = request.url ?? '/'
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  const headers = request.headers as Record<string, string>
  const method = request.method ?? 'GET'
  const dismiss = (why: GatewayError): void => call.abort(why)
  const { signal } = call
  const asked = { method, path, query, headers, body: NOTHING, bound: null, signal, dismiss, line: call }
  try {
    asked.body = await readBody(request, options.maxBodyBytes)
    const reply = await dataPlane(engine, asked)
    if (engine.leaving()) response.shouldKeepAlive = false
    const written = writeReply(response, reply, call)
    if (written) await written
  } catch (thrown) {
    const error = asGatewayError(await accessFirst(engine, asWireCall({ ...asked, body: NOTHING }), thrown))
    if (error.code === 'internal') engine.log.error({ err: error.cause, path }, 'internal error')
    if (error.code !== 'client_closed') engine.metrics.rejected(error.code)
    if (response.headersSent || error.code === 'client_closed') response.destroy()
    else {
      const reply = errorReply(dialectOfPath(path), null, error, headers)
      await refuse(request, response, reply).catch(() => response.destroy())
    }
  } finally {
    calls.end(call)
  }
}

/** The rest of a refused body may still be on its way: it is read for a moment, so that the reply arrives, and dropped. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  reply: ReturnType<typeof errorReply>,
): Promise<void> {
  const enough = setTimeout(() => request.complete || request.destroy(), LAST_WORDS_MS).unref()
  request.once('end', () => clearTimeout(enough))
  request.resume()
  await writeReply(response, reply)
}

async function close(server: Server, calls: RunningCalls, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A kept connection falls idle when its last call ends, which nobody tells.
  const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS)
  if (!(await calls.idle(drainMs))) {
    calls.cut(
      new GatewayError('no_deployment_available', 'This gateway is shutting down; send the call to another one.'),
    )
    await calls.idle(LAST_WORDS_MS)
  }
  // The admin plane's own requests are short: they get a moment.
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS).unref())])
  clearInterval(sweep)
  server.closeAllConnections()
  await closed
  // Who was cut without a word has still to close its books.
  await calls.idle(LAST_WORDS_MS)
}

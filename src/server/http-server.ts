/*
 * The listening socket. Model calls and everything else under /v1/ take the short way: node:http, a body read with a cap, the data plane, and a
 * reply written with backpressure. All other paths (admin, health, console) belong to the admin plane.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asGatewayError } from '../errors/gateway-error.ts'
import { dataPlane, isDataPlane } from '../gateway/data-plane.ts'
import type { Engine } from '../gateway/engine.ts'
import { errorReply, PLAIN_DIALECT } from '../gateway/stages/wire-reply.ts'
import { readBody } from './read-body.ts'
import { writeReply } from './write-reply.ts'

/** What the server needs. */
export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly maxBodyBytes: number
  /** The engine of the newest configuration; asked once per request. */
  readonly engine: () => Engine
  /** Answers what is not the data plane. */
  readonly adminPlane: (request: IncomingMessage, response: ServerResponse) => void
}

/** A server that listens. */
export interface HttpServer {
  readonly host: string
  readonly port: number
  /** `http://127.0.0.1:4100` */
  readonly url: string
  /** Takes no new connections, and resolves when the running requests are done or `drainMs` is over. */
  close(drainMs: number): Promise<void>
}

const HEADERS_TIMEOUT_MS = 10_000
const BODY_TIMEOUT_MS = 60_000

/** Starts to listen. Rejects with the socket's error (EADDRINUSE, EACCES). */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer({
    keepAliveTimeout: 75_000,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: BODY_TIMEOUT_MS,
  })
  server.on('request', (request, response) => {
    const path = pathOf(request)
    if (!isDataPlane(path)) options.adminPlane(request, response)
    else void serve(options, path, request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port } = server.address() as AddressInfo
  const shown = options.host.includes(':') ? `[${options.host}]` : options.host
  return { host: options.host, port, url: `http://${shown}:${port}`, close: (drainMs) => close(server, drainMs) }
}

async function serve(
  options: HttpServerOptions,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const engine = options.engine()
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort()
  })
  try {
    const body = await readBody(request, options.maxBodyBytes)
    const url = request.url ?? '/'
    const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
    const headers = request.headers as Record<string, string>
    const method = request.method ?? 'GET'
    await writeReply(
      response,
      await dataPlane(engine, { method, path, query, headers, body, bound: null, signal: left.signal }),
    )
  } catch (thrown) {
    if (left.signal.aborted) return
    const error = asGatewayError(thrown)
    if (error.code === 'internal') engine.log.error({ err: error.cause, path }, 'internal error')
    if (response.headersSent) response.destroy()
    else await refuse(request, response, errorReply(PLAIN_DIALECT, null, error))
  }
}

/** A refused body may still be on its way: the connection is closed after the reply, so that nobody waits for it. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  reply: ReturnType<typeof errorReply>,
): Promise<void> {
  await writeReply(response, { ...reply, headers: { ...reply.headers, connection: 'close' } })
  request.resume()
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

async function close(server: Server, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs)
  })
  await Promise.race([closed, late])
  clearTimeout(timer)
  server.closeAllConnections()
  await closed
}

import type { DialectName } from '../canonical/dialect-name.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOf } from '../dialects/registry.ts'
import { asGatewayError, GatewayError } from '../errors/gateway-error.ts'
import { guardToolResult } from './data-plane/guard-tool-result.ts'
import { listModels } from './data-plane/list-models.ts'
import { showTrace } from './data-plane/show-trace.ts'
import { showUsage } from './data-plane/show-usage.ts'
import type { Engine } from './engine.ts'
import { handle } from './handle.ts'
import type { HttpCall, HttpReply } from './http-call.ts'
import { errorReply, PLAIN_DIALECT, wireReply } from './stages/wire-reply.ts'

/** The paths that are model calls, and the wire format each speaks. */
const MODEL_CALLS: Readonly<Record<string, DialectName>> = {
  '/v1/chat/completions': 'openai-chat',
  '/v1/messages': 'anthropic-messages',
}

type Handler = (engine: Engine, call: HttpCall) => Promise<HttpReply>

/** Everything else that a virtual key opens. */
const HANDLERS: Readonly<Record<string, { readonly method: string; readonly run: Handler }>> = {
  '/v1/models': { method: 'GET', run: listModels },
  '/v1/guard/tool-result': { method: 'POST', run: guardToolResult },
  '/v1/usage': { method: 'GET', run: showUsage },
}

/** Every route of the data plane; what varies is `{id}`. */
export const DATA_PLANE_ROUTES: readonly { readonly method: string; readonly path: string }[] = [
  ...Object.keys(MODEL_CALLS).map((path) => ({ method: 'POST', path })),
  ...Object.entries(HANDLERS).map(([path, { method }]) => ({ method, path })),
  { method: 'GET', path: '/v1/traces/{id}' },
]

/** Whether a path belongs to the data plane. */
export function isDataPlane(path: string): boolean {
  return path.startsWith('/v1/')
}

/** The format in which errors of a path are written. */
export function dialectOfPath(path: string): Dialect {
  const name = MODEL_CALLS[path]
  return name ? dialectOf(name) : PLAIN_DIALECT
}

/** Answers one request of the data plane, whichever face it came through. Never rejects. */
export function dataPlane(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const name = MODEL_CALLS[call.path]
  if (!name || call.method !== 'POST') return anythingElse(engine, call)
  const { body, headers, query, bound, signal, dismiss } = call
  const reply = wireReply(dialectOf(name))
  return handle(engine, { face: 'wire', dialect: name, bytes: body, headers, query, bound, signal, dismiss }, reply)
}

async function anythingElse(engine: Engine, call: HttpCall): Promise<HttpReply> {
  try {
    const handler = handlerOf(call.path)
    const method = MODEL_CALLS[call.path] ? 'POST' : handler?.method
    if (!method) throw new GatewayError('not_found', `There is nothing at ${call.path}; /openapi.json lists all paths.`)
    if (!handler || call.method !== method) throw new GatewayError('not_found', `${call.path} takes ${method} only.`)
    return await handler.run(engine, call)
  } catch (thrown) {
    const error = asGatewayError(thrown)
    if (error.code === 'internal') engine.log.error({ err: error.cause, path: call.path }, 'internal error')
    return errorReply(dialectOfPath(call.path), null, error)
  }
}

function handlerOf(path: string): { readonly method: string; readonly run: Handler } | undefined {
  if (path.startsWith('/v1/traces/')) return { method: 'GET', run: showTrace }
  return Object.hasOwn(HANDLERS, path) ? HANDLERS[path] : undefined
}

import type { Dialect } from '../dialects/dialect.ts'
import { dialectOf } from '../dialects/registry.ts'
import { asGatewayError, GatewayError } from '../errors/gateway-error.ts'
import { backgroundResponseAt } from './data-plane/background-responses.ts'
import { countTokens } from './data-plane/count-tokens.ts'
import { dryRun, explain, isDryRun } from './data-plane/explain.ts'
import { guardToolResult } from './data-plane/guard-tool-result.ts'
import { answerMode, runAsJob } from './data-plane/in-background.ts'
import { cancelJob, showJob } from './data-plane/jobs.ts'
import { listModels, showModel } from './data-plane/list-models.ts'
import { MODEL_PATHS, modelPath, dialectOfPath as nameOfDialect } from './data-plane/model-paths.ts'
import { showTrace } from './data-plane/show-trace.ts'
import { showUsage } from './data-plane/show-usage.ts'
import { isList, streamAsList } from './data-plane/stream-as-list.ts'
import { takeFeedback } from './data-plane/take-feedback.ts'
import { SPANS_PATH, takeSpans } from './data-plane/take-spans.ts'
import type { Engine } from './engine.ts'
import { handle } from './handle.ts'
import type { HttpCall, HttpReply } from './http-call.ts'
import { asWireCall } from './inbound-call.ts'
import { accessFirst } from './stages/access-first.ts'
import { errorReply, PLAIN_DIALECT, traceHeader, wireReply } from './stages/wire-reply.ts'

type Handler = (engine: Engine, call: HttpCall) => Promise<HttpReply>

interface Route {
  readonly method: string
  /** What the path takes, where that is more than the method. */
  readonly takes?: string
  readonly run: Handler
}

/** Everything else that a virtual key opens. */
const HANDLERS: Readonly<Record<string, Route>> = {
  '/v1/models': { method: 'GET', run: listModels },
  '/v1beta/models': { method: 'GET', run: listModels },
  '/v1/guard/tool-result': { method: 'POST', run: guardToolResult },
  '/v1/feedback': { method: 'POST', run: takeFeedback },
  '/v1/usage': { method: 'GET', run: showUsage },
  '/v1/explain': { method: 'POST', run: explain },
}

/** Every route of the data plane; what varies is `{id}`. */
export const DATA_PLANE_ROUTES: readonly { readonly method: string; readonly path: string }[] = [
  ...MODEL_PATHS.map((path) => ({ method: 'POST', path })),
  ...Object.entries(HANDLERS).map(([path, { method }]) => ({ method, path })),
  { method: 'GET', path: '/v1/models/{model}' },
  { method: 'GET', path: '/v1beta/models/{model}' },
  { method: 'GET', path: '/v1/traces/{id}' },
  { method: 'POST', path: '/v1/traces/{id}/spans' },
  { method: 'GET', path: '/v1/jobs/{id}' },
  { method: 'DELETE', path: '/v1/jobs/{id}' },
  { method: 'GET', path: '/v1/responses/{id}' },
  { method: 'POST', path: '/v1/responses/{id}/cancel' },
]

/** Whether a path belongs to the data plane. */
export function isDataPlane(path: string): boolean {
  return path.startsWith('/v1/') || path.startsWith('/v1beta/')
}

/** The format in which errors of a path are written. */
export function dialectOfPath(path: string): Dialect {
  const name = nameOfDialect(path) ?? (path.startsWith('/v1beta/') ? 'google-generate-content' : null)
  return name ? dialectOf(name) : PLAIN_DIALECT
}

/** Answers one request of the data plane, whichever face it came through. Never rejects. */
export function dataPlane(engine: Engine, call: HttpCall): Promise<HttpReply> {
  try {
    const model = modelPath(call.path)
    if (!model || call.method !== 'POST') return safe(engine, call, anythingElse(engine, call, model !== null))
    if (isDryRun(call)) return safe(engine, call, dryRun(engine, call, model))
    if (model.counts) return safe(engine, call, countTokens(engine, call, model))
    const { body, headers, query, bound, signal, dismiss, line } = call
    const mode = answerMode(call, model)
    const { dialect, asked } = model
    const inbound = { face: 'wire', dialect, asked, bytes: body, headers, query, bound, signal, dismiss, line } as const
    if (mode === 'background') return safe(engine, call, runAsJob(engine, inbound, 'asked'))
    const answer =
      engine.mayOutlastConnection && mode === null
        ? runAsJob(engine, inbound, 'overflow')
        : handle(engine, inbound, wireReply(dialectOf(dialect)))
    return safe(engine, call, isList(asked, query) ? answer.then(streamAsList) : answer)
  } catch (thrown) {
    return refused(engine, call, thrown)
  }
}

/** A reply that never rejects, of one that may. */
function safe(engine: Engine, call: HttpCall, reply: Promise<HttpReply>): Promise<HttpReply> {
  return reply.catch((thrown: unknown) => refused(engine, call, thrown))
}

async function refused(engine: Engine, call: HttpCall, thrown: unknown): Promise<HttpReply> {
  const error = asGatewayError(await accessFirst(engine, asWireCall(call), thrown))
  if (error.code === 'internal') engine.log.error({ err: error.cause, path: call.path }, 'internal error')
  engine.metrics.rejected(error.code)
  return errorReply(dialectOfPath(call.path), null, error, call.headers)
}

async function anythingElse(engine: Engine, call: HttpCall, isModelCall: boolean): Promise<HttpReply> {
  const handler = handlerOf(call.path, call.method)
  const method = isModelCall ? 'POST' : handler?.method
  if (!method) throw new GatewayError('not_found', `There is nothing at ${call.path}; /openapi.json lists all paths.`)
  // Nothing else is decided about; but what changes something is not done for who asks what would be.
  if (method === 'DELETE' && isDryRun(call)) {
    throw new GatewayError('invalid_request', 'x-headgate-dry-run is for model calls.', { param: 'x-headgate-dry-run' })
  }
  if (!handler || call.method !== method)
    throw new GatewayError('not_found', `${call.path} takes ${handler?.takes ?? method} only.`)
  const { status, headers, body } = await handler.run(engine, call)
  return { status, headers: { ...traceHeader(call.headers), ...headers }, body }
}

function handlerOf(path: string, method: string): Route | undefined {
  if (SPANS_PATH.test(path)) return { method: 'POST', run: takeSpans }
  if (path.startsWith('/v1/traces/')) return { method: 'GET', run: showTrace }
  if (path.startsWith('/v1/jobs/')) {
    return method === 'DELETE' ? { method, run: cancelJob } : { method: 'GET', takes: 'GET and DELETE', run: showJob }
  }
  if (/^\/v1(beta)?\/models\/./.test(path)) return { method: 'GET', run: showModel }
  return Object.hasOwn(HANDLERS, path) ? HANDLERS[path] : backgroundResponseAt(path)
}

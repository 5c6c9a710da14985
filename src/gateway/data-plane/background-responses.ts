/*
 * OpenAI's own way to fetch an answer that is made in the background: the job of a Responses call, as a response. So its SDKs poll and cancel without knowing of jobs.
 */
import { responseObject } from '../../dialects/openai-responses/response-object.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { editTopLevel } from '../../lib/json-edit.ts'
import type { JobRow } from '../../storage/contracts/job-store.ts'
import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { asStreamHeaders } from '../stages/reply-headers.ts'
import { keyHolder, readableTenant } from './key-holder.ts'
import { eventsOfAnswer, eventsOfState, wantsEvents } from './response-events.ts'

const PATH = /^\/v1\/responses\/(?<id>[^/]+)$/
const CANCEL_PATH = /^\/v1\/responses\/(?<id>[^/]+)\/cancel$/

/** What each status is called there. */
const STATUS = {
  queued: 'queued',
  running: 'in_progress',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'failed',
} as const satisfies Record<JobRow['status'], string>

/** `GET /v1/responses/{id}` and `POST /v1/responses/{id}/cancel`; undefined for every other path. */
export function backgroundResponseAt(path: string) {
  if (PATH.test(path)) return { method: 'GET', run: showResponse }
  return CANCEL_PATH.test(path) ? { method: 'POST', run: cancelResponse } : undefined
}

/** A job that has not ended yet, or ended without an answer, as a response. */
export function responseOfJob(row: JobRow, content: string | null = null): JsonObject {
  const head = { id: row.id, model: row.requestedModel, created: Math.floor(row.createdAt / 1000) }
  const nothing = { status: 'in_progress', output: [], usage: undefined, incompleteDetails: null } as const
  const { errorCode } = row
  const error =
    errorCode === null ? null : { code: errorCode, message: messageIn(content) ?? `The job is ${row.status}.` }
  return { ...responseObject(head, nothing), status: STATUS[row.status], background: true, error }
}

async function showResponse(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = readableTenant(await keyHolder(engine, call), call)
  const id = PATH.exec(call.path)?.groups?.id ?? ''
  return reply(engine, id, tenantId, wantsEvents(call.query) ? call.query : null)
}

async function cancelResponse(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = readableTenant(await keyHolder(engine, call), call)
  const id = CANCEL_PATH.exec(call.path)?.groups?.id ?? ''
  const found = await engine.jobs.find(id, tenantId)
  if (found?.row.dialect === 'openai-responses') await engine.jobs.cancel(id, tenantId)
  return reply(engine, id, tenantId)
}

/** The response; as events, where `query` asks for them. */
async function reply(engine: Engine, id: string, tenantId: string, query: string | null = null): Promise<HttpReply> {
  const found = await engine.jobs.find(id, tenantId)
  if (found?.row.dialect !== 'openai-responses') {
    throw new GatewayError(
      'not_found',
      'There is no such response for this tenant: only those of the background are kept.',
    )
  }
  const { row, content } = found
  const headers = { 'x-headgate-trace-id': row.traceId }
  if (row.status !== 'completed' || content === null) {
    const response = responseOfJob(row, content)
    return query === null
      ? jsonReply(200, response, headers)
      : { status: 200, headers: asStreamHeaders({ ...headers }), body: eventsOfState(response, query) }
  }
  const body = editTopLevel(Buffer.from(content), { set: { id: row.id, background: true }, remove: [] })
  if (query === null) return { ...jsonReply(200, null, headers), body }
  const answer = parseJson(body.toString('utf8')) ?? null
  return { status: 200, headers: asStreamHeaders({ ...headers }), body: eventsOfAnswer(answer, query) }
}

function messageIn(content: string | null): string | null {
  const envelope = content === null ? null : parseJson(content)
  const error = isObject(envelope) ? envelope.error : null
  return isObject(error) && typeof error.message === 'string' ? error.message : null
}

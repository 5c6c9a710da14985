import { GatewayError } from '../../errors/gateway-error.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { isObject, parseJson } from '../../lib/json.ts'
import type { Engine } from '../engine.ts'
import { giveFeedback } from '../feedback.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { keyHolder, readableTenant } from './key-holder.ts'

const FIELDS: ReadonlySet<string> = new Set(['trace_id', 'score', 'label', 'comment', 'user_id'])

/** `POST /v1/feedback`: what a user thought of the answer of a trace; another tenant's trace does not exist. */
export async function takeFeedback(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = readableTenant(await keyHolder(engine, call), call)
  const body = parseJson(call.body.toString('utf8'))
  if (!isObject(body)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  const { trace_id: traceId, score } = body
  const unknown = Object.keys(body).find((field) => !FIELDS.has(field))
  if (unknown !== undefined) {
    const message = `${unknown} is not a field of feedback; there are ${[...FIELDS].join(', ')}.`
    throw new GatewayError('invalid_request', message, { param: unknown })
  }
  if (typeof traceId !== 'string') {
    const message = 'trace_id must be a string: what the reply had in x-headgate-trace-id.'
    throw new GatewayError('invalid_request', message, { param: 'trace_id' })
  }
  const userId = body.user_id ?? call.headers['x-headgate-user-id'] ?? call.bound?.user_id
  const row = await giveFeedback(engine.feedback, traceId, tenantId, { ...body, score, user_id: userId })
  return jsonReply(200, {
    id: row.id,
    trace_id: row.traceId,
    tenant_id: row.tenantId,
    user_id: row.userId,
    task: row.task,
    model: row.deployment,
    score: row.score,
    label: row.label,
    comment: row.comment,
    created_at: isoTime(row.createdAt),
    updated_at: isoTime(row.updatedAt),
  })
}

import { parseJson } from '../../lib/json.ts'
import { spanRowsOf } from '../app-spans.ts'
import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { keyHolder, readableTenant } from './key-holder.ts'

/** The address of a trace's spans. */
export const SPANS_PATH = /^\/v1\/traces\/([^/]+)\/spans$/

/** `POST /v1/traces/{id}/spans`: what an application did around its calls, in the trace of the key's own tenant. */
export async function takeSpans(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = readableTenant(await keyHolder(engine, call), call)
  const [, traceId = ''] = SPANS_PATH.exec(call.path) ?? []
  const rows = spanRowsOf(traceId, tenantId, parseJson(call.body.toString('utf8')))
  await engine.spans.add(rows)
  const spans = rows.map(({ id, name }) => ({ id, name }))
  return jsonReply(202, { trace_id: traceId, spans }, { 'x-headgate-trace-id': traceId })
}

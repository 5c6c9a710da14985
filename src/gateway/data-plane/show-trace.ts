import { GatewayError } from '../../errors/gateway-error.ts'
import { traceView } from '../../tracing/trace-view.ts'
import { isTraceId } from '../../tracing/traceparent.ts'
import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { keyHolder, readableTenant } from './key-holder.ts'

/** `GET /v1/traces/{id}`: one exchange with its attempts, spans and decision; another tenant's does not exist. */
export async function showTrace(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = readableTenant(await keyHolder(engine, call), call)
  const traceId = call.path.slice('/v1/traces/'.length)
  const stored = isTraceId(traceId) ? await engine.reader.trace(traceId, tenantId) : null
  if (!stored) throw new GatewayError('not_found', 'There is no such trace for this tenant.')
  return jsonReply(200, traceView(stored), { 'x-headgate-trace-id': traceId })
}

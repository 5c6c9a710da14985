import { GatewayError } from '../../errors/gateway-error.ts'
import { verdictOf } from '../../guards/tool-result/guard-tool-result.ts'
import { isObject, parseJson } from '../../lib/json.ts'
import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { keyHolder } from './key-holder.ts'

/** `POST /v1/guard/tool-result`: judges one tool result before product code puts it into a conversation. */
export async function guardToolResult(engine: Engine, call: HttpCall): Promise<HttpReply> {
  await keyHolder(engine, call)
  const body = parseJson(call.body.toString('utf8'))
  if (!isObject(body)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  for (const field of ['tool', 'text'] as const) {
    if (typeof body[field] !== 'string') {
      throw new GatewayError('invalid_request', `${field} must be a string.`, { param: field })
    }
  }
  const judged = engine.toolResultGuard.check({ tool: String(body.tool), text: String(body.text) })
  engine.metrics.judged('tool_result', verdictOf(judged))
  return jsonReply(200, judged)
}

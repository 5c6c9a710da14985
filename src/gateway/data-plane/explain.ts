import { GatewayError } from '../../errors/gateway-error.ts'
import type { Engine } from '../engine.ts'
import { explainCall } from '../explain/explain-call.ts'
import { type ExplainedCall, explainedCall } from '../explain/explained-body.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { traceHeader } from '../stages/wire-reply.ts'
import { callIn } from './count-tokens.ts'
import { answerMode, inOnePiece } from './in-background.ts'
import type { ModelPath } from './model-paths.ts'

/** `POST /v1/explain`: what would become of a call, and why. */
export function explain(engine: Engine, call: HttpCall): Promise<HttpReply> {
  return explained(engine, call, explainedCall(call.body, call.headers))
}

/** A model call that is only to be explained, because it says `x-headgate-dry-run: 1`. */
export function dryRun(engine: Engine, call: HttpCall, path: ModelPath): Promise<HttpReply> {
  const { dialect, asked, counts } = path
  return explained(engine, call, { dialect, asked, bytes: counts ? callIn(call, path) : call.body, supposed: {} })
}

/** Whether a call is only to be explained. Throws GatewayError `invalid_request`: who asks for a dry run and misspells it must not pay for the call. */
export function isDryRun({ headers }: Pick<HttpCall, 'headers'>): boolean {
  const said = headers['x-headgate-dry-run']
  if (said === undefined || said === '0' || said === 'false') return false
  if (said === '1' || said === 'true') return true
  throw new GatewayError('invalid_request', 'x-headgate-dry-run must be 1 or 0.', { param: 'x-headgate-dry-run' })
}

async function explained(
  engine: Engine,
  { headers, query, bound, signal, dismiss }: HttpCall,
  call: ExplainedCall,
): Promise<HttpReply> {
  const inbound = { face: 'wire', ...call, headers, query, bound, signal, dismiss } as const
  const later = answerMode({ headers, body: call.bytes }, call) === 'background'
  return jsonReply(200, await explainCall(engine, later ? inOnePiece(inbound) : inbound), traceHeader(headers))
}

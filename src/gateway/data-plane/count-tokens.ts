import { dialectOf } from '../../dialects/registry.ts'
import { asGatewayError, GatewayError } from '../../errors/gateway-error.ts'
import { AttemptFailure } from '../../execution/attempt-failure.ts'
import { countAtProvider } from '../../execution/count-tokens.ts'
import { isObject, parseJson } from '../../lib/json.ts'
import type { Engine } from '../engine.ts'
import { type Exchange, openExchange } from '../exchange.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { asWireCall } from '../inbound-call.ts'
import { accessFirst } from '../stages/access-first.ts'
import { refuseSwitchedOff } from '../stages/admit.ts'
import { authenticate } from '../stages/authenticate.ts'
import { inboundOf } from '../stages/execute.ts'
import { receive } from '../stages/receive.ts'
import { replyHeaders } from '../stages/reply-headers.ts'
import { route } from '../stages/route.ts'
import { errorReply } from '../stages/wire-reply.ts'
import type { ModelPath } from './model-paths.ts'

/**
 * How many tokens a call's prompt has: asked of the deployment that would serve it, where it counts, and estimated where it does not
 * (`x-headgate-token-count: estimated`; an upper estimate). Nothing is run, held or billed, so there is no record of it.
 */
export async function countTokens(engine: Engine, call: HttpCall, path: ModelPath): Promise<HttpReply> {
  const dialect = dialectOf(path.dialect)
  let exchange: Exchange | null = null
  try {
    const { headers, query, bound, signal, dismiss } = call
    const bytes = callIn(call, path)
    const counted = { face: 'wire', dialect: path.dialect, asked: path.asked, bytes, headers, query } as const
    exchange = openExchange(engine, { ...counted, bound, signal, dismiss })
    const routed = route(await authenticate(receive(exchange, exchange.call)))
    refuseSwitchedOff(routed)
    const [{ deployment, inputTokens }] = routed.decision.candidates
    const known = await countAtProvider(
      { deployment, request: routed.request, inbound: inboundOf(routed), signal },
      engine.transport,
      engine.clock,
    )
    return jsonReply(200, dialect.counting?.answer(known ?? inputTokens), {
      ...replyHeaders(exchange),
      'x-headgate-model': deployment.id,
      'x-headgate-token-count': known === null ? 'estimated' : 'provider',
    })
  } catch (caught) {
    const thrown = await accessFirst(engine, asWireCall(call), caught)
    const error = thrown instanceof AttemptFailure ? thrown.error : asGatewayError(thrown)
    if (error.code === 'internal') engine.log.error({ err: error.cause, path: call.path }, 'internal error')
    return errorReply(dialect, exchange, error, call.headers)
  }
}

/** The call that is to be counted, as it would be sent. */
export function callIn({ body }: Pick<HttpCall, 'body'>, { dialect }: ModelPath): Buffer {
  const parsed = parseJson(body.toString('utf8'))
  const { counting } = dialectOf(dialect)
  if (!counting) throw new GatewayError('not_found', `${dialect} has no address for counting.`)
  // What is no object is refused where every call's body is read.
  return isObject(parsed) ? Buffer.from(JSON.stringify(counting.callIn(parsed))) : body
}

import type { CanonicalRequest } from '../canonical/request.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { upstreamDialect } from '../dialects/registry.ts'
import type { Clock } from '../lib/clock.ts'
import { parseJson } from '../lib/json.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Deployment } from '../providers/deployment.ts'
import { failureOfReply, failureOfStatus, failureOfTransport } from './classify-failure.ts'
import type { Inbound } from './encode-attempt.ts'
import { readAll } from './read-all.ts'
import { type Transport, TransportFailure, type UpstreamReply } from './transport.ts'

/** What is to be counted, and where. */
export interface CountAsk {
  readonly deployment: Deployment
  readonly request: CanonicalRequest
  readonly inbound: Inbound
  readonly signal: LeaveSignal
}

const REPLY_BYTES = 64 * 1024

/**
 * The tokens of a prompt as the provider itself counts them, which costs nothing; null where it cannot count. Rejects with AttemptFailure when it
 * refuses or cannot be reached, and with GatewayError when the request cannot be written for it.
 */
export async function countAtProvider(ask: CountAsk, transport: Transport, clock: Clock): Promise<number | null> {
  const { deployment, inbound } = ask
  const { endpoint, model } = deployment
  const dialect = upstreamDialect(deployment.dialects, inbound.dialect)
  const { counting } = dialect
  // Hosts that publish a format under addresses of their own have none for counting that is known here.
  if (!counting || endpoint.pathOf?.(dialect.name, { model, stream: false })) return null
  const reply = await send(ask, dialect, counting.pathOf({ model, stream: false }), transport)
  const body = (await readAll(reply.body, REPLY_BYTES)).toString('utf8')
  // A server that speaks the format may leave counting out.
  if (reply.status === 404 || reply.status === 405 || reply.status === 501) return null
  if (reply.status > 299) {
    throw failureOfStatus(deployment, reply.status, reply.headers, dialect.decodeError(reply.status, body), clock.now())
  }
  const tokens = counting.tokensIn(parseJson(body) ?? null)
  if (tokens === null) throw failureOfReply(deployment, 'it says no number of tokens')
  return tokens
}

async function send(ask: CountAsk, dialect: Dialect, path: string, transport: Transport): Promise<UpstreamReply> {
  const { deployment, inbound } = ask
  const { endpoint, model } = deployment
  const relay = inbound.dialect === dialect.name
  const own = relay && inbound.original ? inbound.original.body : null
  const body = own ?? dialect.encodeRequest({ ...ask.request, model }, { model, quirks: endpoint.quirks }).body
  try {
    return await transport.send({
      endpoint,
      path,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...endpoint.headers,
        ...(relay ? inbound.headers : {}),
      },
      body: Buffer.from(JSON.stringify(dialect.counting?.question(body, model))),
      timeouts: endpoint.timeouts,
      signal: ask.signal,
    })
  } catch (error) {
    throw error instanceof TransportFailure ? failureOfTransport(deployment, error, false) : error
  }
}

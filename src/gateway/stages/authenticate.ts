import { readCallContext } from '../../access/call-context.ts'
import type { Principal } from '../../access/context.ts'
import { presentedKey, refuseKeysInQuery } from '../../access/credentials.ts'
import { ANONYMOUS, IN_PROCESS } from '../../access/principal.ts'
import { kindOfKey } from '../../access/virtual-key.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isLoopbackHost } from '../../lib/loopback.ts'
import type { OpenSpan } from '../../tracing/span.ts'
import type { Engine } from '../engine.ts'
import type { InboundCall, WireCall } from '../inbound-call.ts'
import type { Authenticated, Received } from '../stages.ts'

/**
 * Establishes who asks and for whom. Throws, or rejects with, the 400, 401 and 403 of the access room. A promise only when the key has to be
 * looked up.
 */
export function authenticate(received: Received): Authenticated | Promise<Authenticated> {
  const { call, engine, trace } = received.exchange
  const span = trace.open('authenticate', 'gateway')
  const principal = principalOf(engine, call)
  if (principal instanceof Promise) return principal.then((found) => identified(received, found, span))
  return identified(received, principal, span)
}

function identified(received: Received, principal: Principal, span: OpenSpan): Authenticated {
  const { exchange, request, original } = received
  const { call, engine } = exchange
  const isWire = call.face === 'wire'
  const hasOwnMetadata = isWire && call.dialect === 'anthropic-messages'
  const { endUser } = request
  const { context, metadataRead, ignored } = readCallContext(
    {
      principal,
      headers: isWire ? call.headers : {},
      metadata: original?.body.metadata,
      dialectMetadata: hasOwnMetadata ? ['user_id'] : undefined,
      endUser:
        endUser === undefined ? undefined : { value: endUser, path: hasOwnMetadata ? 'metadata.user_id' : 'user' },
      process: isWire ? (call.bound ?? undefined) : call.context,
      model: request.model,
    },
    engine.contexts,
  )
  if (ignored.length > 0) exchange.dropped.push(...ignored)
  exchange.authenticated(principal, context)
  exchange.trace.close(span, 'ok')
  return { exchange, request, original, principal, context, contextMetadata: metadataRead }
}

/** Who calls: the process itself, the holder of a key, anybody when the operator switched keys off, or whoever is known before. */
export function principalOf(engine: Engine, call: InboundCall): Principal | Promise<Principal> {
  const known = call.job?.principal ?? call.supposed?.principal
  if (known) return known
  if (call.face === 'library') return call.principal ?? IN_PROCESS
  if (call.bound) return IN_PROCESS
  refuseKeysInQuery(call.query)
  if (engine.authMode === 'none' && !presentsVirtualKey(call)) {
    refuseForeignPages(call.headers)
    return ANONYMOUS
  }
  const key = presentedKey(call.headers)
  return engine.keys.recognise(key) ?? engine.keys.authenticate(key)
}

/**
 * Without keys anybody on this machine may call, but no page of another site that a browser here happens to show: neither by its origin,
 * nor under a name of its own that leads here.
 */
function refuseForeignPages({ origin, host }: WireCall['headers']): void {
  const foreignOrigin = origin !== undefined && !isLoopbackHost(hostOf(origin))
  const foreignName = host !== undefined && !isLoopbackHost(hostOf(`http://${host}`))
  if (!foreignOrigin && !foreignName) return
  throw new GatewayError(
    'permission_denied',
    'Without keys (auth.mode none) calls of web pages and other host names are not taken; switch keys on.',
    { param: foreignOrigin ? 'origin' : 'host' },
  )
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? ''
}

/** SDKs always send some key; without keys only one of our own means anything. */
function presentsVirtualKey(call: Pick<WireCall, 'headers'>): boolean {
  const bearer = call.headers.authorization?.replace(/^bearer +/i, '') ?? ''
  return [bearer, call.headers['x-api-key'] ?? ''].some((key) => kindOfKey(key.trim()) !== null)
}

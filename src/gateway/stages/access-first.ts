import { GatewayError } from '../../errors/gateway-error.ts'
import type { Engine } from '../engine.ts'
import type { InboundCall } from '../inbound-call.ts'
import { principalOf } from './authenticate.ts'

/**
 * What a call is refused with that was found wrong before anybody asked who makes it: who has no access learns that, and nothing of what a call
 * must be. Gives what is thrown back where access is not what is missing. Never rejects.
 */
export async function accessFirst(engine: Engine, call: InboundCall, thrown: unknown): Promise<unknown> {
  if (call.face === 'library' || !(thrown instanceof GatewayError) || thrown.status !== 400) return thrown
  try {
    await principalOf(engine, call)
    return thrown
  } catch (noAccess) {
    return noAccess
  }
}

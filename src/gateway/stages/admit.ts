import { GatewayError } from '../../errors/gateway-error.ts'
import type { Admitted, Routed } from '../stages.ts'

/** Lets the call in, or not: a gateway that is shutting down finishes what it has and takes nothing new. */
export function admit(routed: Routed): Admitted {
  if (routed.exchange.engine.draining()) {
    throw new GatewayError('no_deployment_available', 'This gateway is shutting down; send the call to another one.', {
      retryAfterSeconds: 1,
    })
  }
  return { ...routed, admitted: true }
}

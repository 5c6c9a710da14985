import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Admitted, Routed } from '../stages.ts'

/**
 * Lets the call in, or not: an operator may have switched off what it is in, and a gateway that is shutting down finishes what it has and takes
 * nothing new. From here on a switch that is turned on ends it.
 */
export function admit(routed: Routed): Admitted {
  const { exchange, context, principal, decision } = routed
  const { engine } = exchange
  if (engine.draining()) {
    throw new GatewayError('no_deployment_available', 'This gateway is shutting down; send the call to another one.', {
      retryAfterSeconds: 1,
    })
  }
  const subject = { context, keyId: principal.keyId, task: decision.task }
  const stopped = engine.switches.board().ofCall(subject, engine.clock.now())
  if (stopped) throw killSwitchOn(stopped)
  engine.running.begin(exchange, subject)
  return { ...routed, admitted: true }
}

import { killSwitchOn } from '../../admission/kill-switch-refusal.ts'
import type { KillSubject } from '../../admission/kill-switch-scope.ts'
import type { Ticket } from '../../admission/ticket.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Admitted, Routed } from '../stages.ts'

/**
 * Lets the call in, or not: an operator may have switched off what it is in, a gateway that is shutting down finishes what it has and takes
 * nothing new, the caller may have lost its way, and a limit on rates or running calls may be in the way. From here on a switch that is turned on ends it. It answers at once where the counts are
 * in this process.
 */
export function admit(routed: Routed): Admitted | Promise<Admitted> {
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
  engine.runaway?.(routed)
  engine.running.begin(exchange, subject)
  const entered = enter(routed, subject)
  return entered instanceof Promise ? entered.then((ticket) => letIn(routed, ticket)) : letIn(routed, entered)
}

function enter({ exchange, decision }: Routed, subject: KillSubject): Ticket | Promise<Ticket> {
  const { engine, signal } = exchange
  const { candidates, estimate, answers } = decision
  const [{ logicalName, deployment }] = candidates
  const expected = engine.money.answers.expected(deployment, decision.task) * answers
  const tokens = estimate.inputTokens + Math.min(estimate.outputTokens, expected)
  const rules = engine.limitsOf(subject.context.tenantId)
  return engine.admission.enter({ ...subject, logicalName, deployment, rules, tokens, signal })
}

function letIn(routed: Routed, ticket: Ticket): Admitted {
  routed.exchange.admitted(ticket)
  return { ...routed, admitted: true }
}

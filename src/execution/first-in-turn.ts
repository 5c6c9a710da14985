import type { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { CallProgress } from './call-progress.ts'
import type { DeploymentHealth } from './deployment-health.ts'
import type { ExecuteAsk, Target } from './execute-ask.ts'

/**
 * Who would be called first, and nobody is: by the breakers, the limits of providers and what the task says of downgrades, as they are now. Tells
 * `onPassedOver` of those that would be passed over; an error when nobody would be called.
 */
export function firstInTurn(
  ask: ExecuteAsk,
  clock: Clock,
  health: Pick<DeploymentHealth, 'lookAt'>,
): { readonly target: Target } | { readonly error: GatewayError } {
  const progress = new CallProgress(ask, clock)
  const first = inOrder(progress, health) ?? leastBad(progress, health)
  if (first) progress.reached(first)
  progress.tellPassed()
  return first ? { target: first } : { error: progress.error() }
}

function inOrder(progress: CallProgress, health: Pick<DeploymentHealth, 'lookAt'>): Target | null {
  for (const target of progress.ask.targets) {
    if (!progress.maySucceed(target)) continue
    const why = health.lookAt(target.deployment)
    if (!why) return target
    if (!progress.pass(target, why)) return null
  }
  return null
}

/** When all are closed, the one that may be well soonest is tried all the same. */
function leastBad({ passed }: CallProgress, health: Pick<DeploymentHealth, 'lookAt'>): Target | null {
  const soonest = passed.toSorted((one, other) => one.why.retryAfterMs - other.why.retryAfterMs)
  return soonest.find(({ target }) => health.lookAt(target.deployment, true) === null)?.target ?? null
}

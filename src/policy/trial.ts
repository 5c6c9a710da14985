import type { CallContext } from '../access/context.ts'
import { spread } from '../lib/spread.ts'
import type { CompiledCanary, CompiledTask } from './policy.ts'
import type { Route } from './resolve-route.ts'

/** What chance is made of. */
interface Caller {
  readonly context: CallContext
  readonly traceId?: string | undefined
}

/**
 * The route as the task's trials have it: with its canary in front for the calls that are its share, and what would have served behind it; and without a model that was
 * promoted for the calls which it may not serve: they go as they went before. A call that a rule sends to another model than the task's own is left alone: whoever wrote the rule had a reason.
 */
export function withTrial(route: Route, ask: Caller): Route {
  const { task, way } = route
  if (!task?.trial || !way) return route
  const { canary, promotedFor } = task.trial
  const { risk } = ask.context
  const kept =
    way.kept && promotedFor && !promotedFor.includes(risk)
      ? { ...route, steps: way.kept, text: `${route.text}; not for calls of risk ${risk}` }
      : route
  const isTried = canary && way.policy.default === task.policy.default && isItsShare(task, canary, ask)
  return isTried ? withCanary(kept, canary) : kept
}

function withCanary(route: Route, { steps, text }: CompiledCanary): Route {
  const tried = new Set(steps.map(({ deployment }) => deployment.id))
  const others = route.steps.filter(({ deployment }) => !tried.has(deployment.id))
  return { ...route, steps: [...steps, ...others], text: `${route.text}; ${text}` }
}

/** A user always gets the same, whatever they ask and wherever; so does an agent run of nobody in particular. */
function isItsShare({ policy }: CompiledTask, { weight, steps }: CompiledCanary, { context, traceId = '' }: Caller) {
  const { tenantId, userId, runId } = context
  const who = userId === null ? `r ${runId ?? traceId}` : `u ${tenantId} ${userId}`
  return spread(`canary ${policy.name} ${steps[0]?.logicalName} ${who}`) < weight
}

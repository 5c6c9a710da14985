import type { CallContext } from '../access/context.ts'
import { spread } from '../lib/spread.ts'
import type { CompiledCanary, CompiledTask } from './policy.ts'
import type { Route } from './resolve-route.ts'

/** What chance is made of. */
interface Caller {
  readonly context: Pick<CallContext, 'tenantId' | 'userId' | 'runId'>
  readonly traceId?: string
}

/**
 * The route with the task's canary in front, for the calls that are its share; what would have served takes over behind it. A call that a rule sends to another
 * model than the task's own is not tried on: whoever wrote the rule had a reason.
 */
export function withCanary(route: Route, ask: Caller): Route {
  const { task, way } = route
  if (!task?.canary || way?.policy.default !== task.policy.default || !isItsShare(task, task.canary, ask)) return route
  const { steps, text } = task.canary
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

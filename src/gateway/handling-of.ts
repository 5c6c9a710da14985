import type { Risk } from '../access/context.ts'
import type { TaskConfig } from '../config/sections/tasks.ts'
import { DEFAULT_HANDLING, type FailureHandling } from '../execution/failure-handling.ts'

/** What is done about the failures of a call, by its task (null for none) and its risk. */
export type HandlingOf = (task: string | null, risk: Risk) => FailureHandling

/**
 * Made once for each version of the configuration. What acts in the world (calls of risk `write` and `admin`) is never left to a lesser model, and is
 * not thought over by two models at once.
 */
export function handlingOf(
  tasks: ReadonlyMap<string, Pick<TaskConfig, 'retry' | 'fallbackPolicy' | 'onInvalidOutput' | 'hedge' | 'timeouts'>>,
): HandlingOf {
  const calm = new Map<string, FailureHandling>()
  const careful = new Map<string, FailureHandling>()
  for (const [name, { retry, fallbackPolicy, onInvalidOutput, hedge, timeouts }] of tasks) {
    const handling = {
      on: fallbackPolicy?.on ?? DEFAULT_HANDLING.on,
      allowDowngrade: fallbackPolicy?.allowDowngrade ?? DEFAULT_HANDLING.allowDowngrade,
      retry: {
        ...(retry ?? DEFAULT_HANDLING.retry),
        invalidOutput: onInvalidOutput?.retries ?? DEFAULT_HANDLING.retry.invalidOutput,
      },
      hedge,
      timeouts,
    }
    calm.set(name, handling)
    careful.set(name, { ...handling, allowDowngrade: false, hedge: null })
  }
  return (task, risk) => {
    const isCalm = risk === 'read_only'
    const known = task === null ? undefined : (isCalm ? calm : careful).get(task)
    return known ?? (isCalm ? DEFAULT_HANDLING : CAREFUL)
  }
}

const CAREFUL: FailureHandling = { ...DEFAULT_HANDLING, allowDowngrade: false }

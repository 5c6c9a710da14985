import type { Config } from '../../config/schema.ts'
import type { OnLimitConfig } from '../../config/sections/on-limit.ts'

/** For how long some call may wait for room, in ms. */
export function longestWait({ tasks, limits }: Pick<Config, 'tasks' | 'limits'>): number {
  const waitOf = (policy: OnLimitConfig | null): number => (policy?.action === 'queue' ? policy.maxWaitMs : 0)
  const ofTasks = [...tasks.values()].map((task) => waitOf(task.onLimit))
  return Math.max(0, ...ofTasks, ...limits.map((limit) => waitOf(limit.onLimit)))
}

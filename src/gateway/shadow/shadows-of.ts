import type { ShadowConfig } from '../../config/sections/shadow.ts'
import type { TaskConfig } from '../../config/sections/tasks.ts'
import type { Engine } from '../engine.ts'

/** The shadow of each task; null where no task has one, so that calls need not ask. */
export function shadowsOf(tasks: ReadonlyMap<string, Pick<TaskConfig, 'shadow'>>): Engine['shadowOf'] {
  const found = new Map<string, ShadowConfig>()
  for (const [name, { shadow }] of tasks) if (shadow) found.set(name, shadow)
  return found.size === 0 ? null : (task) => (task === null ? null : (found.get(task) ?? null))
}

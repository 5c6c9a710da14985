import type { QualityMetric } from '../../config/sections/quality-bar.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

// How a task is written after a promotion, and after going back. Sections are as people write them; nothing else of a task is touched.

/** The task with a model as its default, and the default before it as its first fallback. */
export function promoted(task: JsonObject, to: string, metric: QualityMetric): JsonObject {
  const from = String(task.default)
  const fallback = [from, ...fallbackOf(task).filter((name) => name !== to && name !== from)]
  // Who is compared with whom is turned round: copies now go to the model before.
  const shadow = usesModel(task.shadow, to) && metric === 'judge' ? { shadow: { ...task.shadow, use: from } } : {}
  const promote = { ...(isObject(task.promote) ? task.promote : {}), instead_of: from }
  return { ...withoutTrialOf(task, to), ...shadow, default: to, fallback, promote }
}

/**
 * The task with the default that it had before the promotion, without further trials of the promoted model. `before` is the task as it was then; null when
 * somebody changed it since.
 */
export function sentBack(task: JsonObject, before: JsonObject | null): JsonObject {
  const { instead_of: to, ...promote } = isObject(task.promote) ? task.promote : {}
  const name = String(to)
  const fallback = before?.fallback ?? fallbackOf(task).filter((model) => model !== name)
  return { ...withoutTrialOf(withoutTrialOf(task, String(task.default)), name), default: name, fallback, promote }
}

/** Every model that a task names, each once, but for those of its rules. */
export function modelNamesOf(task: JsonObject): readonly string[] {
  const { canary, shadow, promote } = task
  const names = [
    ...[task.default, ...fallbackOf(task)],
    ...[isObject(canary) ? canary.use : null, isObject(shadow) ? shadow.use : null],
    isObject(shadow) ? shadow.judge : null,
    isObject(promote) ? promote.instead_of : null,
  ]
  return [...new Set(names.filter((name) => typeof name === 'string'))]
}

/** The sections with one task written otherwise. */
export function withTask(sections: JsonObject, name: string, task: JsonObject): JsonObject {
  return { ...sections, tasks: { ...(isObject(sections.tasks) ? sections.tasks : {}), [name]: task } }
}

/** A task of the sections, as it is written. */
export function taskIn({ tasks }: JsonObject, name: string): JsonObject | null {
  const task = isObject(tasks) && Object.hasOwn(tasks, name) ? tasks[name] : null
  return isObject(task) ? task : null
}

function fallbackOf({ fallback }: JsonObject): readonly string[] {
  if (typeof fallback === 'string') return [fallback]
  return Array.isArray(fallback) ? fallback.filter((name) => typeof name === 'string') : []
}

function withoutTrialOf({ canary, shadow, ...task }: JsonObject, model: string): JsonObject {
  return {
    ...task,
    ...(canary === undefined || usesModel(canary, model) ? {} : { canary }),
    ...(shadow === undefined || usesModel(shadow, model) ? {} : { shadow }),
  }
}

function usesModel(trial: JsonValue | undefined, model: string): trial is JsonObject {
  return isObject(trial) && trial.use === model
}

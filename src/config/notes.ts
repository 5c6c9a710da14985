import type { Config } from './schema.ts'
import type { TaskConfig } from './sections/tasks.ts'

/** What is accepted and does less than a reader may think: for people, never an error. */
export function configNotes({ tasks }: Config): readonly string[] {
  const streaming = named(tasks, (task) => task.requiresCitations && task.delivery === 'stream')
  const partial = named(
    tasks,
    ({ shadow, default: usual }) => shadow !== null && [usual, shadow.use].includes(shadow.judge ?? ''),
  )
  return [
    ...(streaming === null
      ? []
      : [
          `requires_citations with delivery: stream (${streaming}): whether a stream cites its sources stands in its trace alone.`,
        ]),
    ...(partial === null
      ? []
      : [`shadow.judge is one of the two models that it compares (${partial}): models like their own answers.`]),
  ]
}

/** The names of the tasks that are meant; null for none. */
function named(tasks: Config['tasks'], isMeant: (task: TaskConfig) => boolean): string | null {
  const names = [...tasks.values()].filter(isMeant).map(({ name }) => name)
  return names.length === 0 ? null : names.join(', ')
}

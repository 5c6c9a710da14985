import type { Config } from './schema.ts'

/** What is accepted and does less than a reader may think: for people, never an error. */
export function configNotes(config: Config): readonly string[] {
  const streaming = [...config.tasks.values()].filter((task) => task.requiresCitations && task.delivery === 'stream')
  if (streaming.length === 0) return []
  const names = streaming.map(({ name }) => name).join(', ')
  return [
    `requires_citations with delivery: stream (${names}): whether a stream cites its sources stands in its trace alone.`,
  ]
}

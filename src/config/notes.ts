import type { Config } from './schema.ts'

/** What is accepted and does less than a reader may think: for people, never an error. */
export function configNotes(config: Config): readonly string[] {
  const citing = [...config.tasks.values()].filter(({ requiresCitations }) => requiresCitations)
  if (citing.length === 0) return []
  const names = citing.map(({ name }) => name).join(', ')
  return [`requires_citations is recorded with ${names}; answers are not checked for citations yet.`]
}

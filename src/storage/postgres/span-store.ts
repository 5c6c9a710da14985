import { spanGroups } from '../columns/span-groups.ts'
import type { SpanStore } from '../contracts/span-store.ts'
import type { Database } from './database.ts'
import { insertSpans } from './settle.ts'
import { run } from './statement.ts'

/** Applications' spans over PostgreSQL. */
export function createSpanStore(database: Database): SpanStore {
  return {
    async add(spans) {
      for (const statement of insertSpans(spanGroups(spans))) await database.write((queries) => run(queries, statement))
    },
  }
}

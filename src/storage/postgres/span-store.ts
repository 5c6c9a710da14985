import { spanGroups } from '../columns/span-groups.ts'
import type { SpanStore } from '../contracts/span-store.ts'
import type { Database } from './database.ts'
import { writeSpans } from './settle.ts'
import { run } from './statement.ts'

/** Applications' spans over PostgreSQL. */
export function createSpanStore(database: Database): SpanStore {
  return {
    async add(spans) {
      if (spans.length > 0) await database.write((queries) => run(queries, writeSpans(spanGroups(spans))))
    },
  }
}

import type { SpanStore } from '../contracts/span-store.ts'
import type { LedgerRows } from './rows.ts'

/** Applications' spans in memory. */
export function createMemorySpans(rows: LedgerRows): SpanStore {
  return { add: async (spans) => rows.writeSpans(spans) }
}

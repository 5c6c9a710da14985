import type { SpanRow } from '../contracts/ledger-store.ts'
import { instantText } from './column.ts'
import type { Stored } from './encode-rows.ts'

/** A span as SPAN_COLUMNS says it, written out for the same reason as usage rows. */
export function spanRecord(row: SpanRow): Stored {
  return {
    id: row.id,
    trace_id: row.traceId,
    parent_id: row.parentId,
    tenant_id: row.tenantId,
    name: row.name,
    kind: row.kind,
    started_at: instantText(row.start),
    ended_at: instantText(row.end),
    status: row.status,
    attributes: row.attributes,
  }
}

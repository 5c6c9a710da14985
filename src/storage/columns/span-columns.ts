import type { SpanRow } from '../contracts/span-row.ts'
import { type Columns, instant, json, optional, text } from './column.ts'

/** The columns of `llm_spans`. */
export const SPAN_COLUMNS: Columns<SpanRow> = {
  id: text('id'),
  traceId: text('trace_id'),
  parentId: optional(text('parent_id')),
  tenantId: text('tenant_id'),
  name: text('name'),
  kind: text('kind'),
  start: instant('started_at'),
  end: instant('ended_at'),
  status: text<SpanRow['status']>('status'),
  attributes: json<SpanRow['attributes']>('attributes'),
}

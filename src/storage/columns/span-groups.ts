import type { SpanRow } from '../contracts/ledger-store.ts'
import { instantMicros } from './column.ts'

/*
 * Spans on their way into `llm_spans`. A call has half a dozen of them, which share a trace and a tenant: said once for all, and the columns' names not at
 * all, they are half as much to write and to read.
 */

/** The columns of a span, in the order of SPAN_VALUES; times in µs since 1970. */
export type SpanValues = readonly [
  id: string,
  parentId: string | null,
  name: string,
  kind: string,
  startMicros: number,
  endMicros: number,
  status: SpanRow['status'],
  attributes: SpanRow['attributes'],
]

/** Spans of one trace and tenant, as JSON says them. */
export type SpanGroup = readonly [traceId: string, tenantId: string, spans: SpanValues[]]

/** Gathers spans that follow one another and have a trace and a tenant in common. */
export function spanGroups(spans: readonly SpanRow[]): readonly SpanGroup[] {
  const groups: SpanGroup[] = []
  let group: SpanGroup | undefined
  for (const span of spans) {
    if (group === undefined || group[0] !== span.traceId || group[1] !== span.tenantId) {
      group = [span.traceId, span.tenantId, []]
      groups.push(group)
    }
    group[2].push(valuesOf(span))
  }
  return groups
}

function valuesOf({ id, parentId, name, kind, start, end, status, attributes }: SpanRow): SpanValues {
  return [id, parentId, name, kind, instantMicros(start), instantMicros(end), status, attributes]
}

/** The columns of `llm_spans` that `SPAN_VALUES` gives, in its order. */
export const SPAN_TARGETS = 'trace_id, tenant_id, id, parent_id, name, kind, started_at, ended_at, status, attributes'

const instantOf = (place: number): string =>
  `timestamptz 'epoch' + (span ->> ${place})::bigint * interval '1 microsecond'`

/** The rows of groups that are the JSON parameter `$1`, ordered by id. */
export const SPAN_VALUES = `
  select exchange ->> 0, exchange ->> 1, span ->> 0, span ->> 1, span ->> 2, span ->> 3,
    ${instantOf(4)}, ${instantOf(5)}, span ->> 6, span -> 7
  from jsonb_array_elements($1::jsonb) exchange, jsonb_array_elements(exchange -> 2) span
  order by (span ->> 0) collate "C"`

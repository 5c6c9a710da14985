import type { SpanGroup, SpanRow, SpanValues } from '../contracts/span-row.ts'
import { instantMicros } from './column.ts'

/** Gathers spans with ids of their own that follow one another and have a trace and a tenant in common. */
export function spanGroups(rows: readonly SpanRow[]): readonly SpanGroup[] {
  const groups: SpanGroup[] = []
  let spans: SpanValues[] = []
  let [trace, tenant, startMicros] = ['', '', 0]
  for (const row of rows) {
    const began = instantMicros(row.start)
    if (spans.length === 0 || trace !== row.traceId || tenant !== row.tenantId) {
      ;[trace, tenant, startMicros, spans] = [row.traceId, row.tenantId, began, []]
      groups.push([trace, tenant, null, null, startMicros, spans])
    }
    const { name, kind, end, status, attributes, parentId, id } = row
    spans.push([name, kind, began - startMicros, instantMicros(end) - began, status, attributes, parentId, id])
  }
  return groups
}

/** The spans of a group as rows. */
export function spanRowsIn([traceId, tenantId, rootId, parentId, startMicros, spans]: SpanGroup): readonly SpanRow[] {
  return spans.map((values, place) => {
    const [name, kind, afterMicros, tookMicros, status = 'ok', attributes = {}, parent = 0, id] = values
    const began = startMicros + afterMicros
    return {
      id: id ?? spanIdAt(rootId, place),
      traceId,
      parentId: typeof parent !== 'number' ? parent : place === 0 ? parentId : spanIdAt(rootId, parent),
      tenantId,
      name,
      kind,
      start: began / 1000,
      end: (began + tookMicros) / 1000,
      status,
      attributes: attributes as SpanRow['attributes'],
    }
  })
}

/** The id of a span of a group by its place: the first one's with the place in its last bits. */
export function spanIdAt(rootId: string | null, place: number): string {
  return (BigInt(`0x${rootId}`) ^ BigInt(place)).toString(16).padStart(16, '0')
}

/** The same in SQL. */
const idAt = (place: string): string => `lpad(to_hex(('x' || (spans ->> 2))::bit(64)::bigint # (${place})), 16, '0')`

/** The columns of `llm_spans` that `spanValues` gives, in its order. */
export const SPAN_TARGETS = 'trace_id, tenant_id, id, parent_id, name, kind, started_at, ended_at, status, attributes'

/** A query for the rows of groups that are a JSON parameter, `$1` by default, ordered by id. */
export const spanValues = (parameter = 1): string => `
  select spans ->> 0, spans ->> 1, id,
    case when span -> 7 is not null then span ->> 6 when place = 1 then spans ->> 3
      else ${idAt('coalesce((span ->> 6)::bigint, 0)')} end,
    span ->> 0, span ->> 1,
    timestamptz 'epoch' + began * interval '1 microsecond',
    timestamptz 'epoch' + (began + (span ->> 3)::bigint) * interval '1 microsecond',
    coalesce(span ->> 4, 'ok'), coalesce(span -> 5, '{}')
  from jsonb_array_elements($${parameter}::jsonb) spans,
    jsonb_array_elements(spans -> 5) with ordinality each(span, place),
    lateral (
      select coalesce(span ->> 7, ${idAt('place - 1')}) as id, (spans ->> 4)::bigint + (span ->> 2)::bigint as began
    ) made
  order by id collate "C"`

import type { JsonValue } from '../../lib/json.ts'
import { instantMicros, packedMoney, storableCount } from './column.ts'
import type { PackedRow } from './packed-rows.ts'
import type { IdentifiedRequest } from './request-columns.ts'

/** A request row as REQUEST_COLUMNS pack it, written out for the same reason as usage rows. */
export function packRequest(row: IdentifiedRequest): PackedRow {
  return [
    row.id,
    row.traceId,
    row.tenantId,
    row.userId,
    row.keyId,
    row.feature,
    row.task,
    row.requestedModel,
    row.route,
    row.servedModel,
    row.fallbackReason,
    row.dialect,
    row.stream,
    row.status,
    row.errorCode,
    packedMoney(row.cost),
    row.charge === null ? null : packedMoney(row.charge),
    storableCount(row.latencyMs),
    row.ttftMs === null ? null : storableCount(row.ttftMs),
    row.dropped as string[],
    row.flags as string[],
    (row.decision ?? null) as JsonValue,
    (row.asked ?? null) as JsonValue,
    instantMicros(row.createdAt),
  ]
}

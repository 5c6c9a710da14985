import type { JsonValue } from '../../lib/json.ts'
import type { RequestRow } from '../contracts/ledger-store.ts'
import { instantMicros, packedMoney, storableCount } from './column.ts'
import type { PackedRow } from './packed-rows.ts'

/** A request row as REQUEST_COLUMNS pack it without its decision, written out for the same reason as usage rows. `id` is its `requestId`. */
export function packRequest(row: RequestRow, id: string): PackedRow {
  return [
    id,
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
    (row.asked ?? null) as JsonValue,
    instantMicros(row.createdAt),
  ]
}

import type { JsonValue } from '../../lib/json.ts'
import { instantText, moneyText, storableCount } from './column.ts'
import type { Stored } from './encode-rows.ts'
import type { IdentifiedRequest } from './request-columns.ts'

/** A request row as REQUEST_COLUMNS says it, written out for the same reason as usage rows. */
export function requestRecord(row: IdentifiedRequest): Stored {
  return {
    id: row.id,
    trace_id: row.traceId,
    tenant_id: row.tenantId,
    user_id: row.userId,
    key_id: row.keyId,
    feature: row.feature,
    task: row.task,
    requested_model: row.requestedModel,
    route: row.route,
    served_model: row.servedModel,
    fallback_reason: row.fallbackReason,
    dialect: row.dialect,
    stream: row.stream,
    status: row.status,
    error_code: row.errorCode,
    cost_usd: moneyText(row.cost),
    charge_usd: row.charge === null ? null : moneyText(row.charge),
    latency_ms: storableCount(row.latencyMs),
    ttft_ms: row.ttftMs === null ? null : storableCount(row.ttftMs),
    dropped: [...row.dropped],
    flags: [...row.flags],
    decision: (row.decision ?? null) as JsonValue,
    asked: (row.asked ?? null) as JsonValue,
    created_at: instantText(row.createdAt),
  }
}

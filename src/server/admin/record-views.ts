import { usdNumber } from '../../canonical/money.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { Stored } from '../../storage/columns/encode-rows.ts'
import { usageRecord } from '../../storage/columns/usage-record.ts'
import type { RequestRow, UsageRow } from '../../storage/contracts/ledger-store.ts'

/** A usage row by the names of its columns, with amounts as numbers and what the tenant pays in any case. */
export function eventView(row: UsageRow): Stored {
  return {
    ...usageRecord(row),
    estimated_cost_usd: usdNumber(row.estimatedCost),
    cost_usd: usdNumber(row.cost),
    tool_fees_usd: usdNumber(row.toolFees),
    charge_usd: usdNumber(row.charge ?? row.cost),
    created_at: isoTime(row.createdAt),
  }
}

/** An exchange in a list. */
export function requestView(row: RequestRow): Record<string, unknown> {
  return {
    trace_id: row.traceId,
    tenant_id: row.tenantId,
    user_id: row.userId,
    key_id: row.keyId,
    feature: row.feature,
    task: row.task,
    requested_model: row.requestedModel,
    route: row.route,
    model: row.servedModel,
    fallback: row.fallbackReason,
    dialect: row.dialect,
    stream: row.stream,
    status: row.status,
    error_code: row.errorCode,
    cost_usd: usdNumber(row.cost),
    charge_usd: usdNumber(row.charge ?? row.cost),
    latency_ms: row.latencyMs,
    ttft_ms: row.ttftMs,
    dropped: row.dropped,
    flags: row.flags,
    asked: row.asked ?? null,
    created_at: isoTime(row.createdAt),
  }
}

import type { UsageRow } from '../contracts/ledger-store.ts'
import { instantMicros, packedMoney, storableCount } from './column.ts'
import type { PackedRow } from './packed-rows.ts'

/** A usage row as USAGE_COLUMNS pack it, written out: it is made for every call, and a walk over the columns takes three times as long. */
export function packUsage(row: UsageRow): PackedRow {
  return [
    row.id,
    row.traceId,
    storableCount(row.attempt),
    row.tenantId,
    row.userId,
    row.teamId,
    row.keyId,
    row.feature,
    row.task,
    row.route,
    row.model,
    row.provider,
    row.deployment,
    row.region,
    row.promptVersion,
    row.risk,
    row.plan,
    storableCount(row.inputTokens),
    storableCount(row.outputTokens),
    storableCount(row.cachedTokens),
    storableCount(row.cacheWriteTokens),
    storableCount(row.reasoningTokens),
    packedMoney(row.estimatedCost),
    packedMoney(row.cost),
    packedMoney(row.toolFees),
    row.charge === null ? null : packedMoney(row.charge),
    row.priceVersion,
    row.serviceTierAsked,
    row.serviceTier,
    row.usageEstimated,
    storableCount(row.latencyMs),
    row.ttftMs === null ? null : storableCount(row.ttftMs),
    row.status,
    row.errorCode,
    row.finishReason,
    row.cache,
    instantMicros(row.createdAt),
  ]
}

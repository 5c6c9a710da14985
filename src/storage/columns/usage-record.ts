import type { UsageRow } from '../contracts/ledger-store.ts'
import { instantText, moneyText, storableCount } from './column.ts'
import type { Stored } from './encode-rows.ts'

/** A usage row as USAGE_COLUMNS says it, written out: it is made for every call, and a walk over the columns takes three times as long. */
export function usageRecord(row: UsageRow): Stored {
  return {
    id: row.id,
    trace_id: row.traceId,
    attempt: storableCount(row.attempt),
    tenant_id: row.tenantId,
    user_id: row.userId,
    team_id: row.teamId,
    key_id: row.keyId,
    feature: row.feature,
    task: row.task,
    route: row.route,
    model: row.model,
    provider: row.provider,
    deployment: row.deployment,
    region: row.region,
    prompt_version: row.promptVersion,
    risk: row.risk,
    plan: row.plan,
    input_tokens: storableCount(row.inputTokens),
    output_tokens: storableCount(row.outputTokens),
    cached_tokens: storableCount(row.cachedTokens),
    cache_write_tokens: storableCount(row.cacheWriteTokens),
    reasoning_tokens: storableCount(row.reasoningTokens),
    estimated_cost_usd: moneyText(row.estimatedCost),
    cost_usd: moneyText(row.cost),
    tool_fees_usd: moneyText(row.toolFees),
    charge_usd: row.charge === null ? null : moneyText(row.charge),
    price_version: row.priceVersion,
    service_tier_asked: row.serviceTierAsked,
    service_tier: row.serviceTier,
    usage_estimated: row.usageEstimated,
    latency_ms: storableCount(row.latencyMs),
    ttft_ms: row.ttftMs === null ? null : storableCount(row.ttftMs),
    status: row.status,
    error_code: row.errorCode,
    finish_reason: row.finishReason,
    cache: row.cache,
    created_at: instantText(row.createdAt),
  }
}

import { usdNumber } from '../../canonical/money.ts'
import type { RequestRow, UsageRow } from '../../storage/contracts/ledger-store.ts'

/** A usage row by the names of its columns. */
export function eventView(row: UsageRow): Record<string, string | number | boolean | null> {
  return {
    id: row.id,
    trace_id: row.traceId,
    attempt: row.attempt,
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
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cached_tokens: row.cachedTokens,
    cache_write_tokens: row.cacheWriteTokens,
    reasoning_tokens: row.reasoningTokens,
    estimated_cost_usd: usdNumber(row.estimatedCost),
    cost_usd: usdNumber(row.cost),
    tool_fees_usd: usdNumber(row.toolFees),
    charge_usd: usdNumber(row.charge ?? row.cost),
    price_version: row.priceVersion,
    service_tier_asked: row.serviceTierAsked,
    service_tier: row.serviceTier,
    usage_estimated: row.usageEstimated,
    latency_ms: row.latencyMs,
    ttft_ms: row.ttftMs,
    status: row.status,
    error_code: row.errorCode,
    finish_reason: row.finishReason,
    cache: row.cache,
    created_at: new Date(row.createdAt).toISOString(),
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
    created_at: new Date(row.createdAt).toISOString(),
  }
}

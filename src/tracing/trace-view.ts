import { usdNumber } from '../canonical/money.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { StoredTrace } from '../storage/contracts/ledger-reader.ts'
import type { UsageRow } from '../storage/contracts/ledger-store.ts'
import type { SpanRow } from '../storage/contracts/span-row.ts'

/** A stored trace as the JSON of `GET /v1/traces/{id}`; absent figures are null. */
export function traceView({ request, usage, spans }: StoredTrace) {
  const [first] = usage
  const attempts = [...usage].sort((left, right) => left.attempt - right.attempt)
  const cost = usage.reduce((sum, row) => sum + row.cost, 0n)
  const charge = usage.reduce((sum, row) => sum + (row.charge ?? row.cost), 0n)
  return {
    trace_id: request?.traceId ?? first?.traceId ?? spans[0]?.traceId ?? null,
    tenant_id: request?.tenantId ?? first?.tenantId ?? spans[0]?.tenantId ?? null,
    user_id: request?.userId ?? first?.userId ?? null,
    feature: request?.feature ?? first?.feature ?? null,
    task: request?.task ?? first?.task ?? null,
    requested_model: request?.requestedModel ?? null,
    route: request?.route ?? first?.route ?? null,
    model: request?.servedModel ?? attempts.at(-1)?.deployment ?? null,
    fallback: request?.fallbackReason ?? null,
    dialect: request?.dialect ?? null,
    stream: request?.stream ?? null,
    // Without a row of the exchange its process died: what is left is what the attempts say.
    status: request?.status ?? attempts.at(-1)?.status ?? null,
    error_code: request?.errorCode ?? attempts.at(-1)?.errorCode ?? null,
    cost_usd: usdNumber(cost),
    charge_usd: usdNumber(charge),
    latency_ms: request?.latencyMs ?? null,
    ttft_ms: request?.ttftMs ?? null,
    attempts: attempts.map(attemptView),
    spans: [...spans].sort((left, right) => left.start - right.start).map(spanView),
    decision: request?.decision ?? null,
    dropped: request?.dropped ?? [],
    flags: request?.flags ?? [],
    created_at: isoTime(request?.createdAt ?? first?.createdAt ?? spans[0]?.start ?? null),
  }
}

function attemptView(row: UsageRow) {
  return {
    id: row.id,
    attempt: row.attempt,
    deployment: row.deployment,
    provider: row.provider,
    model: row.model,
    status: row.status,
    error_code: row.errorCode,
    finish_reason: row.finishReason,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cached_tokens: row.cachedTokens,
    cache_write_tokens: row.cacheWriteTokens,
    reasoning_tokens: row.reasoningTokens,
    usage_estimated: row.usageEstimated,
    estimated_cost_usd: usdNumber(row.estimatedCost),
    cost_usd: usdNumber(row.cost),
    tool_fees_usd: usdNumber(row.toolFees),
    charge_usd: usdNumber(row.charge ?? row.cost),
    price_version: row.priceVersion,
    service_tier_asked: row.serviceTierAsked,
    service_tier: row.serviceTier,
    latency_ms: row.latencyMs,
    ttft_ms: row.ttftMs,
    created_at: isoTime(row.createdAt),
  }
}

function spanView(row: SpanRow) {
  return {
    id: row.id,
    parent_id: row.parentId,
    name: row.name,
    kind: row.kind,
    start: isoTime(row.start),
    end: isoTime(row.end),
    duration_ms: Math.max(0, row.end - row.start),
    status: row.status,
    attributes: row.attributes,
  }
}

import { usdNumber } from '../canonical/money.ts'
import type { StoredTrace } from '../storage/contracts/ledger-reader.ts'
import type { SpanRow, UsageRow } from '../storage/contracts/ledger-store.ts'

/** A trace as JSON, for `GET /v1/traces/{id}`: the exchange, its attempts, its spans, and why it was routed as it was. */
export function traceView({ request, usage, spans }: StoredTrace): Record<string, unknown> {
  const attempts = [...usage].sort((one, other) => one.attempt - other.attempt)
  const first = attempts[0]
  return {
    trace_id: request?.traceId ?? first?.traceId ?? spans[0]?.traceId,
    tenant_id: request?.tenantId ?? first?.tenantId ?? spans[0]?.tenantId,
    user_id: request?.userId ?? first?.userId ?? null,
    feature: request?.feature ?? first?.feature ?? null,
    task: request?.task ?? first?.task ?? null,
    requested_model: request?.requestedModel ?? null,
    route: request?.route ?? first?.route ?? null,
    model: request?.servedModel ?? first?.deployment ?? null,
    fallback: request?.fallbackReason ?? null,
    dialect: request?.dialect ?? null,
    stream: request?.stream ?? null,
    // Without a row of the exchange its process died: what is left is what the attempts say.
    status: request?.status ?? first?.status ?? null,
    error_code: request?.errorCode ?? first?.errorCode ?? null,
    cost_usd: usdNumber(attempts.reduce((sum, row) => sum + row.cost, 0n)),
    latency_ms: request?.latencyMs ?? null,
    ttft_ms: request?.ttftMs ?? null,
    dropped: request?.dropped ?? [],
    flags: request?.flags ?? [],
    decision: request?.decision ?? null,
    attempts: attempts.map(attemptView),
    spans: [...spans].sort((one, other) => one.start - other.start).map(spanView),
    created_at: isoTime(request?.createdAt ?? first?.createdAt),
  }
}

function attemptView(row: UsageRow): Record<string, unknown> {
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
    price_version: row.priceVersion,
    latency_ms: row.latencyMs,
    ttft_ms: row.ttftMs,
    created_at: isoTime(row.createdAt),
  }
}

function spanView(span: SpanRow): Record<string, unknown> {
  return {
    id: span.id,
    parent_id: span.parentId,
    name: span.name,
    kind: span.kind,
    start: isoTime(span.start),
    end: isoTime(span.end),
    duration_ms: span.end - span.start,
    status: span.status,
    attributes: span.attributes,
  }
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}

import type { AskedRequest } from '../contracts/ledger-reader.ts'
import type { RequestRow, UsageStatus } from '../contracts/ledger-store.ts'
import { type Columns, count, flag, instant, json, money, optional, text, textList } from './column.ts'

/** A request row with the key it is kept under: see `requestId`. */
export interface IdentifiedRequest extends RequestRow {
  readonly id: string
}

/** The columns of `llm_requests`. */
export const REQUEST_COLUMNS: Columns<IdentifiedRequest> = {
  id: text('id'),
  traceId: text('trace_id'),
  tenantId: text('tenant_id'),
  userId: optional(text('user_id')),
  keyId: optional(text('key_id')),
  feature: text('feature'),
  task: optional(text('task')),
  requestedModel: text('requested_model'),
  route: optional(text('route')),
  servedModel: optional(text('served_model')),
  fallbackReason: optional(text('fallback_reason')),
  dialect: text('dialect'),
  stream: flag('stream'),
  status: text<UsageStatus>('status'),
  errorCode: optional(text('error_code')),
  cost: money('cost_usd'),
  charge: optional(money('charge_usd')),
  latencyMs: count('latency_ms'),
  ttftMs: optional(count('ttft_ms')),
  dropped: textList('dropped'),
  flags: textList('flags'),
  decision: json<unknown>('decision'),
  asked: json<unknown>('asked'),
  createdAt: instant('created_at'),
}

/** Those of them by which a request can be decided again. */
export const ASKED_COLUMNS: Columns<AskedRequest> = {
  traceId: REQUEST_COLUMNS.traceId,
  tenantId: REQUEST_COLUMNS.tenantId,
  userId: REQUEST_COLUMNS.userId,
  feature: REQUEST_COLUMNS.feature,
  requestedModel: REQUEST_COLUMNS.requestedModel,
  servedModel: REQUEST_COLUMNS.servedModel,
  fallbackReason: REQUEST_COLUMNS.fallbackReason,
  dialect: REQUEST_COLUMNS.dialect,
  stream: REQUEST_COLUMNS.stream,
  status: REQUEST_COLUMNS.status,
  errorCode: REQUEST_COLUMNS.errorCode,
  cost: REQUEST_COLUMNS.cost,
  latencyMs: REQUEST_COLUMNS.latencyMs,
  asked: REQUEST_COLUMNS.asked,
  createdAt: REQUEST_COLUMNS.createdAt,
}

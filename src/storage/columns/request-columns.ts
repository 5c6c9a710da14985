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
  createdAt: instant('created_at'),
}

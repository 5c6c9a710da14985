import { usdNumber } from '../canonical/money.ts'
import { isoTime } from '../lib/iso-time.ts'
import { isObject, type JsonObject, parseJson } from '../lib/json.ts'
import type { JobRow } from '../storage/contracts/job-store.ts'

/** A job as others see it, without what was answered. */
export function jobView(row: JobRow): JsonObject {
  return {
    id: row.id,
    object: 'job',
    status: row.status,
    tenant_id: row.tenantId,
    user_id: row.userId,
    key_id: row.keyId,
    feature: row.feature,
    task: row.task,
    requested_model: row.requestedModel,
    served_model: row.servedModel,
    dialect: row.dialect,
    trace_id: row.traceId,
    error_code: row.errorCode,
    cost_usd: usdNumber(row.cost),
    runs: row.runs,
    created_at: isoTime(row.createdAt),
    deadline_at: isoTime(row.deadlineAt),
    started_at: row.startedAt === null ? null : isoTime(row.startedAt),
    ended_at: row.endedAt === null ? null : isoTime(row.endedAt),
  }
}

/** The JSON text of a job with its answer, byte for byte as it was given, or its error as the caller's format has it within the envelope. */
export function jobText(row: JobRow, content: string | null): string {
  const view = JSON.stringify({ ...jobView(row), error: row.status === 'completed' ? null : errorIn(content) })
  return `${view.slice(0, -1)},"response":${(row.status === 'completed' ? content : null) ?? 'null'}}`
}

function errorIn(content: string | null): JsonObject | null {
  const envelope = content === null ? null : parseJson(content)
  if (!isObject(envelope)) return null
  return isObject(envelope.error) ? envelope.error : envelope
}

import type { JobRow } from '../contracts/job-store.ts'
import { type Columns, count, instant, money, optional, text } from './column.ts'

/** The columns of `jobs` that are not for the runners alone. */
export const JOB_COLUMNS: Columns<JobRow> = {
  id: text('id'),
  tenantId: text('tenant_id'),
  userId: optional(text('user_id')),
  keyId: optional(text('key_id')),
  feature: text('feature'),
  task: optional(text('task')),
  requestedModel: text('requested_model'),
  dialect: text('dialect'),
  status: text<JobRow['status']>('status'),
  traceId: text('trace_id'),
  servedModel: optional(text('served_model')),
  errorCode: optional(text('error_code')),
  cost: money('cost_usd'),
  runs: count('runs'),
  createdAt: instant('created_at'),
  deadlineAt: instant('deadline_at'),
  startedAt: optional(instant('started_at')),
  endedAt: optional(instant('ended_at')),
}

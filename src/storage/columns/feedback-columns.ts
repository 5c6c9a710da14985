import type { FeedbackRow } from '../contracts/feedback-store.ts'
import { type Columns, decimal, instant, optional, text } from './column.ts'

/** The columns of `llm_feedback`. */
export const FEEDBACK_COLUMNS: Columns<FeedbackRow> = {
  id: text('id'),
  traceId: text('trace_id'),
  tenantId: text('tenant_id'),
  userId: optional(text('user_id')),
  feature: text('feature'),
  task: optional(text('task')),
  deployment: optional(text('deployment')),
  score: decimal('score'),
  label: optional(text('label')),
  comment: optional(text('comment')),
  createdAt: instant('created_at'),
  updatedAt: instant('updated_at'),
}

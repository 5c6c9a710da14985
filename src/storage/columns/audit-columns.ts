import type { AuditRow } from '../contracts/audit-log.ts'
import { type Columns, instant, json, optional, text } from './column.ts'

/** The columns of `audit_log`. */
export const AUDIT_COLUMNS: Columns<AuditRow> = {
  id: text('id'),
  actor: text('actor'),
  action: text('action'),
  subject: text('subject'),
  before: json('before'),
  after: json('after'),
  reason: optional(text('reason')),
  at: instant('at'),
}

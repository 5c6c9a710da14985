import type { JsonObject } from '../../lib/json.ts'
import type { PolicyChange, PolicyVersion } from '../contracts/policy-store.ts'
import { type Columns, count, instant, json, optional, text } from './column.ts'

/** The columns of `policy_versions`. */
export const POLICY_COLUMNS: Columns<PolicyVersion> = {
  number: count('number'),
  hash: text('hash'),
  source: text<PolicyVersion['source']>('source'),
  actor: text('actor'),
  reason: optional(text('reason')),
  sections: json<JsonObject>('sections'),
  changes: json<readonly PolicyChange[]>('changes'),
  createdAt: instant('created_at'),
}

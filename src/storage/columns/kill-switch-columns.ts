import type { KillScope, KillSwitchRow } from '../contracts/kill-switch-store.ts'
import { type Columns, instant, json, optional, text } from './column.ts'

/** The columns of `kill_switches`. */
export const KILL_SWITCH_COLUMNS: Columns<KillSwitchRow> = {
  id: text('id'),
  scope: json<KillScope>('scope'),
  reason: text('reason'),
  actor: text('actor'),
  cause: optional(text('cause')),
  endsAt: optional(instant('ends_at')),
  createdAt: instant('created_at'),
}

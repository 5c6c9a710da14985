import { isoTime } from '../../lib/iso-time.ts'
import type { AuditEntry } from '../contracts/audit-log.ts'
import type { KillSwitchEnd, KillSwitchRow } from '../contracts/kill-switch-store.ts'
import { scopeText } from './scope-text.ts'

/** What the audit log says when a switch was turned on. */
export function auditOfOn(row: KillSwitchRow): AuditEntry {
  return {
    actor: row.actor,
    action: 'kill_switch.on',
    subject: scopeText(row.scope),
    before: null,
    after: shown(row),
    reason: row.reason,
  }
}

/** What the audit log says when a switch was turned off. */
export function auditOfOff(row: KillSwitchRow, { actor, reason }: KillSwitchEnd): AuditEntry {
  return {
    actor,
    action: 'kill_switch.off',
    subject: scopeText(row.scope),
    before: shown(row),
    after: null,
    reason,
  }
}

function shown({ id, scope, reason, cause, endsAt }: KillSwitchRow) {
  return { id, scope: { ...scope }, reason, cause, ends_at: isoTime(endsAt) }
}

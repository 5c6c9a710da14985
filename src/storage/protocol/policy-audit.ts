import type { JsonValue } from '../../lib/json.ts'
import type { AuditEntry } from '../contracts/audit-log.ts'
import type { PolicyVersion } from '../contracts/policy-store.ts'

/** What the audit log says of a new version of the policy. */
export function auditOfPolicy({ number, hash, source, actor, reason, changes }: PolicyVersion): AuditEntry {
  return {
    actor,
    action: 'policy.version',
    subject: `policy=${number}`,
    before: null,
    after: { number, hash, source, changes: changes.map((change) => ({ ...change })) as JsonValue },
    reason,
  }
}

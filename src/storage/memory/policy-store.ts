import type { Clock } from '../../lib/clock.ts'
import { POLICY_COLUMNS } from '../columns/policy-columns.ts'
import type { AuditLog } from '../contracts/audit-log.ts'
import type { PolicyStore, PolicyVersion } from '../contracts/policy-store.ts'
import { pageSize } from '../protocol/page-cursor.ts'
import { auditOfPolicy } from '../protocol/policy-audit.ts'
import { asStored } from './rows.ts'

/** Versions of the policy in memory. */
export function createMemoryPolicies(audit: AuditLog, clock: Clock): PolicyStore {
  const versions: PolicyVersion[] = []
  return {
    async append(version, after) {
      if (versions.length !== after) return null
      const made = asStored(POLICY_COLUMNS, { ...version, number: after + 1, createdAt: clock.now() })
      versions.push(made)
      if (made.source === 'ledger') await audit.append(auditOfPolicy(made))
      return made
    },
    newest: async () => versions.length,
    get: async (number) => versions[number - 1] ?? null,
    async list({ limit, cursor }) {
      const size = pageSize(limit)
      const below = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor) || 0
      const found = versions.filter(({ number }) => number < below).toReversed()
      const rows = found.slice(0, size)
      return { rows, nextCursor: found.length > size ? String(rows.at(-1)?.number ?? 0) : null }
    },
  }
}

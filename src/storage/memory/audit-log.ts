import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { AUDIT_COLUMNS } from '../columns/audit-columns.ts'
import type { AuditLog, AuditRow } from '../contracts/audit-log.ts'
import { memoryPage } from './page.ts'
import { asStored } from './rows.ts'

/** The audit log in memory. */
export function createMemoryAudit(clock: Clock): AuditLog {
  const rows: AuditRow[] = []
  return {
    async append(entry) {
      // A microsecond apart at least, so that entries of one moment keep their order.
      const at = Math.max(clock.now(), (rows.at(-1)?.at ?? 0) + 0.001)
      const row = asStored(AUDIT_COLUMNS, { ...entry, id: newId('aud', clock.now()), at })
      rows.push(row)
      return row
    },

    async list(query) {
      const { actor, subject } = query
      const found = rows.filter(
        (row) => (actor === undefined || actor === row.actor) && (subject === undefined || subject === row.subject),
      )
      return memoryPage(found, query, (row) => ({ at: row.at, id: row.id }))
    },
  }
}

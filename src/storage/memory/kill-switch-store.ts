import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { KILL_SWITCH_COLUMNS } from '../columns/kill-switch-columns.ts'
import type { AuditLog } from '../contracts/audit-log.ts'
import type { KillSwitchRow, KillSwitchStore } from '../contracts/kill-switch-store.ts'
import { auditOfOff, auditOfOn } from '../protocol/kill-switch-audit.ts'
import { asStored } from './rows.ts'

/** Kill switches in memory. */
export function createMemoryKillSwitches(audit: AuditLog, clock: Clock): KillSwitchStore {
  const on = new Map<string, KillSwitchRow>()
  const causes = new Set<string>()
  let changes = 0
  const isOn = ({ endsAt }: KillSwitchRow): boolean => endsAt === null || endsAt > clock.now()

  return {
    async on(ask) {
      if (ask.cause !== null && causes.has(ask.cause)) return null
      if (ask.cause !== null) causes.add(ask.cause)
      const created = { ...ask, id: newId('kill', clock.now()), createdAt: clock.now() }
      const row = asStored(KILL_SWITCH_COLUMNS, created)
      on.set(row.id, row)
      changes += 1
      await audit.append(auditOfOn(row))
      return row
    },

    async off(id, end) {
      const row = on.get(id)
      if (!row || !isOn(row)) return null
      on.delete(id)
      changes += 1
      await audit.append(auditOfOff(row, end))
      return row
    },

    async list() {
      return [...on.values()].filter(isOn).toReversed()
    },

    async version() {
      return String(changes)
    },
  }
}

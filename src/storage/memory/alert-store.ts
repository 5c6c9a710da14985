import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { ALERT_COLUMNS } from '../columns/alert-columns.ts'
import type { AlertRow, AlertStore } from '../contracts/alert-store.ts'
import { memoryPage } from './page.ts'
import { asStored } from './rows.ts'

/** Alerts in memory. */
export function createMemoryAlerts(clock: Clock): AlertStore {
  const rows: AlertRow[] = []
  /** When each key was raised last. */
  const raised = new Map<string, number>()
  const claims = new Map<string, number>()
  return {
    async raise(entry, quietMs) {
      const now = clock.now()
      const last = raised.get(entry.key)
      if (last !== undefined && (quietMs === null || last > now - quietMs)) return null
      raised.set(entry.key, now)
      // A microsecond apart at least, so that alerts of one moment keep their order.
      const at = Math.max(now, (rows.at(-1)?.at ?? 0) + 0.001)
      const row = asStored(ALERT_COLUMNS, { ...entry, id: newId('alert', now), at })
      rows.push(row)
      return row
    },

    async claim(name, everyMs) {
      const now = clock.now()
      if (now - (claims.get(name) ?? Number.NEGATIVE_INFINITY) < everyMs) return false
      claims.set(name, now)
      return true
    },

    async list(query) {
      const found = rows.filter(({ kind }) => query.kind === undefined || kind === query.kind)
      return memoryPage(found, query, ({ at, id }) => ({ at, id }))
    },
  }
}

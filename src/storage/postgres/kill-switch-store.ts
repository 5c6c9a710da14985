import { sql } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { decodeRow, encodeRow, storableJson, storableText } from '../columns/encode-rows.ts'
import { KILL_SWITCH_COLUMNS } from '../columns/kill-switch-columns.ts'
import type { KillSwitchStore } from '../contracts/kill-switch-store.ts'
import { auditOfOff, auditOfOn } from '../protocol/kill-switch-audit.ts'
import { appendAudit } from './audit-log.ts'
import type { Database, Queries } from './database.ts'
import type { StoredRecord } from './page.ts'

/** Counts the changes: every instance reads this one row several times a second, and the switches only when it is another. */
const VERSION = 'kill_switches.version'

/** Kill switches over PostgreSQL, with the database's time. */
export function createKillSwitchStore(database: Database, clock: Clock): KillSwitchStore {
  return {
    on(ask) {
      return database.write(async (queries) => {
        const row = { ...ask, id: newId('kill', clock.now()), createdAt: 0 }
        const json = storableJson([encodeRow(KILL_SWITCH_COLUMNS, row)])
        const { rows } = await sql<StoredRecord>`
          insert into kill_switches (id, scope, reason, actor, cause, ends_at)
          select id, scope, reason, actor, cause, ends_at
          from json_populate_recordset(null::kill_switches, ${json}::json)
          on conflict (cause) do nothing returning *`.execute(queries)
        const [record] = rows
        if (!record) return null
        const made = decodeRow(KILL_SWITCH_COLUMNS, record)
        await appendAudit(queries, auditOfOn(made), clock)
        await countChange(queries)
        return made
      })
    },

    off(id, end) {
      return database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`
          update kill_switches set off_at = clock_timestamp()
          where id = ${storableText(id)} and off_at is null and coalesce(ends_at, 'infinity') > now()
          returning *`.execute(queries)
        const [record] = rows
        if (!record) return null
        const ended = decodeRow(KILL_SWITCH_COLUMNS, record)
        await appendAudit(queries, auditOfOff(ended, end), clock)
        await countChange(queries)
        return ended
      })
    },

    list() {
      return database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`
          select * from kill_switches where off_at is null and coalesce(ends_at, 'infinity') > now()
          order by created_at desc, id desc`.execute(queries)
        return rows.map((record) => decodeRow(KILL_SWITCH_COLUMNS, record))
      })
    },

    version() {
      return database.write(async (queries) => {
        const { rows } = await sql<{ value: string }>`select value from settings where name = ${VERSION}`.execute(
          queries,
        )
        return rows[0]?.value ?? '0'
      })
    },
  }
}

/** Last in its transaction: changes wait for one another from here on, so whoever reads a number finds all that it counts. */
async function countChange(queries: Queries): Promise<void> {
  await sql`
    insert into settings (name, value) values (${VERSION}, '1')
    on conflict (name) do update set value = (settings.value::bigint + 1)::text`.execute(queries)
}

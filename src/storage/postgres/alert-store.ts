import { sql } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { ALERT_COLUMNS } from '../columns/alert-columns.ts'
import { decodeRow, encodeRow, storableJson, storableText } from '../columns/encode-rows.ts'
import type { AlertStore } from '../contracts/alert-store.ts'
import type { Database } from './database.ts'
import { readPage, type StoredRecord } from './page.ts'

/** Alerts over PostgreSQL, with the database's time. */
export function createAlertStore(database: Database, clock: Clock): AlertStore {
  return {
    raise(entry, quietMs) {
      return database.write(async (queries) => {
        const json = storableJson([encodeRow(ALERT_COLUMNS, { ...entry, id: newId('alert', clock.now()), at: 0 })])
        // Two instances may notice the same at once: the second waits here, and then sees the row of the first.
        await sql`select pg_advisory_xact_lock(hashtextextended(${storableText(entry.key)}, 0))`.execute(queries)
        const { rows } = await sql<StoredRecord>`
          insert into alerts (id, key, kind, scope, message, details)
          select id, key, kind, scope, message, details
          from json_populate_recordset(null::alerts, ${json}::json) as new
          where not exists (
            select from alerts as old where old.key = new.key
              and (${quietMs}::float8 is null or old.at > clock_timestamp() - ${quietMs}::float8 * interval '1 millisecond'))
          returning *`.execute(queries)
        const [record] = rows
        return record ? decodeRow(ALERT_COLUMNS, record) : null
      })
    },

    claim(name, everyMs) {
      return database.write(async (queries) => {
        const { rows } = await sql`
          insert into settings (name, value) values (${`claim.${name}`}, clock_timestamp()::text)
          on conflict (name) do update set value = excluded.value
          where settings.value::timestamptz <= clock_timestamp() - ${everyMs}::float8 * interval '1 millisecond'
          returning name`.execute(queries)
        return rows.length > 0
      })
    },

    list: ({ limit, cursor, kind }) =>
      database.read(async (queries) => {
        const ask = { table: 'alerts', timeColumn: 'at', limit, cursor, equal: { kind } }
        const { records, nextCursor } = await readPage(queries, ask)
        return { rows: records.map((record) => decodeRow(ALERT_COLUMNS, record)), nextCursor }
      }),
  }
}

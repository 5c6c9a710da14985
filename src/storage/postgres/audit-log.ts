import { sql } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { AUDIT_COLUMNS } from '../columns/audit-columns.ts'
import { decodeRow, storableJson } from '../columns/encode-rows.ts'
import type { AuditEntry, AuditLog, AuditRow } from '../contracts/audit-log.ts'
import type { Database, Queries } from './database.ts'
import { readPage, type StoredRecord } from './page.ts'

/** The audit log over PostgreSQL; entries carry the database's time. */
export function createAuditLog(database: Database, clock: Clock): AuditLog {
  return {
    append(entry) {
      return database.write((queries) => appendAudit(queries, entry, clock))
    },

    list: ({ limit, cursor, actor, subject }) =>
      database.read(async (queries) => {
        const ask = { table: 'audit_log', timeColumn: 'at', limit, cursor, equal: { actor, subject } }
        const { records, nextCursor } = await readPage(queries, ask)
        return { rows: records.map((record) => decodeRow(AUDIT_COLUMNS, record)), nextCursor }
      }),
  }
}

/** Appends an entry in the transaction of what it tells of, so that there is never one without the other. */
export async function appendAudit(queries: Queries, entry: AuditEntry, clock: Clock): Promise<AuditRow> {
  const json = storableJson([{ id: newId('aud', clock.now()), ...entry }])
  const { rows } = await sql<StoredRecord>`
    insert into audit_log (id, actor, action, subject, before, after, reason)
    select id, actor, action, subject, before, after, reason
    from json_populate_recordset(null::audit_log, ${json}::json) returning *`.execute(queries)
  return decodeRow(AUDIT_COLUMNS, rows[0] ?? {})
}

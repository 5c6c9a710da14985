import { sql } from 'kysely'
import type { Clock } from '../../lib/clock.ts'
import { decodeRow, encodeRow, storableJson } from '../columns/encode-rows.ts'
import { POLICY_COLUMNS } from '../columns/policy-columns.ts'
import type { PolicyStore } from '../contracts/policy-store.ts'
import { pageSize } from '../protocol/page-cursor.ts'
import { auditOfPolicy } from '../protocol/policy-audit.ts'
import { appendAudit } from './audit-log.ts'
import type { Database } from './database.ts'
import type { StoredRecord } from './page.ts'

/** Versions of the policy over PostgreSQL. */
export function createPolicyStore(database: Database, clock: Clock): PolicyStore {
  return {
    append(version, after) {
      return database.write(async (queries) => {
        const json = storableJson([encodeRow(POLICY_COLUMNS, { ...version, number: after + 1, createdAt: 0 })])
        const { rows } = await sql<StoredRecord>`
          insert into policy_versions (number, hash, source, actor, reason, sections, changes)
          select number, hash, source, actor, reason, sections, changes
          from json_populate_recordset(null::policy_versions, ${json}::json)
          where (select coalesce(max(number), 0) from policy_versions) = ${after}
          on conflict (number) do nothing returning *`.execute(queries)
        const [record] = rows
        if (!record) return null
        const made = decodeRow(POLICY_COLUMNS, record)
        if (made.source === 'ledger') await appendAudit(queries, auditOfPolicy(made), clock)
        return made
      })
    },

    newest() {
      return database.write(async (queries) => {
        const { rows } = await sql<{ newest: string }>`
          select coalesce(max(number), 0) as newest from policy_versions`.execute(queries)
        return Number(rows[0]?.newest ?? 0)
      })
    },

    get(number) {
      return database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`select * from policy_versions where number = ${number}`.execute(
          queries,
        )
        return rows[0] ? decodeRow(POLICY_COLUMNS, rows[0]) : null
      })
    },

    list({ limit, cursor }) {
      return database.read(async (queries) => {
        const size = pageSize(limit)
        const below = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(cursor) || 0
        const { rows } = await sql<StoredRecord>`
          select * from policy_versions where number < ${below} order by number desc limit ${size + 1}`.execute(queries)
        const versions = rows.slice(0, size).map((record) => decodeRow(POLICY_COLUMNS, record))
        return { rows: versions, nextCursor: rows.length > size ? String(versions.at(-1)?.number ?? 0) : null }
      })
    },
  }
}

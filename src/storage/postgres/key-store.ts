import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { instantText } from '../columns/column.ts'
import { columnNames, decodeRow, encodeRow, storableJson, storableText } from '../columns/encode-rows.ts'
import { KEY_COLUMNS } from '../columns/key-columns.ts'
import type { KeyStore } from '../contracts/key-store.ts'
import type { Database } from './database.ts'
import { readPage, type StoredRecord } from './page.ts'

const MAC_SECRET = 'virtual_keys.mac_secret'
const SECRET_BYTES = 32

/** Virtual keys over PostgreSQL. */
export function createKeyStore(database: Database): KeyStore {
  return {
    macSecret() {
      return database.write(async (queries) => {
        // The first instance's secret stays. Reading comes after, in a statement of its own, to see a secret that another one just made.
        const secret = randomBytes(SECRET_BYTES).toString('hex')
        await sql`insert into settings (name, value) values (${MAC_SECRET}, ${secret}) on conflict do nothing`.execute(
          queries,
        )
        const { rows } = await sql<{ value: string }>`select value from settings where name = ${MAC_SECRET}`.execute(
          queries,
        )
        const [found] = rows
        if (!found) throw new Error('the secret of virtual keys is gone from settings')
        return found.value
      })
    },

    async insert(row) {
      const names = sql.join(columnNames(KEY_COLUMNS).map((name) => sql.ref(name)))
      const json = storableJson([encodeRow(KEY_COLUMNS, row)])
      await database.write((queries) =>
        sql`insert into virtual_keys (${names})
          select ${names} from json_populate_recordset(null::virtual_keys, ${json}::json)`.execute(queries),
      )
    },

    findByMac(mac) {
      return database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`select * from virtual_keys where mac = ${storableText(mac)}`.execute(
          queries,
        )
        const [record] = rows
        return record ? decodeRow(KEY_COLUMNS, record) : null
      })
    },

    list: ({ limit, cursor }) =>
      database.read(async (queries) => {
        const ask = { table: 'virtual_keys', timeColumn: 'created_at', limit, cursor, equal: {} }
        const { records, nextCursor } = await readPage(queries, ask)
        return { rows: records.map((record) => decodeRow(KEY_COLUMNS, record)), nextCursor }
      }),

    revoke(id, nowMs) {
      return database.write(async (queries) => {
        const { rows } = await sql`
          update virtual_keys set revoked_at = coalesce(revoked_at, ${instantText(nowMs)}::timestamptz)
          where id = ${storableText(id)} returning id`.execute(queries)
        return rows.length > 0
      })
    },

    revokedSince(sinceMs) {
      return database.write(async (queries) => {
        const { rows } = await sql<{ mac: string }>`
          select mac from virtual_keys where revoked_at >= ${instantText(sinceMs)}::timestamptz
          order by revoked_at, id`.execute(queries)
        return rows.map((row) => row.mac)
      })
    },
  }
}

import { sql } from 'kysely'
import { storableJson, storableText } from '../columns/encode-rows.ts'
import type { IdempotencyStore, KeptReply, KeyedRun, KeyState } from '../contracts/idempotency-store.ts'
import type { Database } from './database.ts'

interface Found {
  readonly run: string
  readonly fingerprint: string
  readonly state: KeyState
  readonly stream: boolean
  readonly head: KeptReply['head'] | null
  readonly body: Buffer | null
}

/** Replies under idempotency keys over PostgreSQL, with the database's time. */
export function createIdempotencyStore(database: Database): IdempotencyStore {
  return {
    claim({ run, fingerprint, stream, leaseMs, keepMs, waitedFor, ...key }) {
      const tenantId = storableText(key.tenantId)
      return database.write(async (queries) => {
        // Who comes second waits here for the first one's commit, and then meets its row.
        const { rows: taken } = await sql`
          insert into idempotency_keys as old
            (tenant_id, key_hash, run, fingerprint, state, stream, lease_until, expires_at)
          values (${tenantId}, ${key.keyHash}, ${run}, ${fingerprint}, 'running', ${stream}, ${fromNow(leaseMs)}, ${fromNow(keepMs)})
          on conflict (tenant_id, key_hash) do update set
            run = excluded.run, fingerprint = excluded.fingerprint, state = 'running', stream = excluded.stream,
            head = null, body = null, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
            created_at = clock_timestamp()
          where ${IS_OVER}
            or old.state = 'free' and old.run is distinct from ${waitedFor}
            or old.state = 'running' and old.lease_until <= clock_timestamp() and old.fingerprint = excluded.fingerprint
          returning run`.execute(queries)
        if (taken.length > 0) return null
        const { rows } = await sql<Found>`
          select run, fingerprint, state, stream,
            case when fingerprint = ${fingerprint} then head end as head,
            case when fingerprint = ${fingerprint} then body end as body
          from idempotency_keys where tenant_id = ${tenantId} and key_hash = ${key.keyHash}`.execute(queries)
        const [found] = rows
        // The row that was in the way cannot be gone: the conflict has locked it for this transaction.
        if (!found) throw new Error('an idempotency key was taken and is not there')
        const { head, body, ...entry } = found
        return { ...entry, reply: head ? { head, body: body ?? Buffer.alloc(0) } : null }
      })
    },

    end(run, { state, reply, keepMs }) {
      return database.write(async (queries) => {
        const { rows } = await sql`
          update idempotency_keys set state = ${state}, expires_at = ${fromNow(keepMs)},
            head = ${reply ? storableJson(reply.head) : null}::jsonb, body = ${reply?.body ?? null}::bytea
          where ${isOwn(run)} returning run`.execute(queries)
        return rows.length > 0
      })
    },

    async forget(run) {
      await database.write((queries) => sql`delete from idempotency_keys where ${isOwn(run)}`.execute(queries))
    },

    async extend(runs, leaseMs) {
      const list = storableJson(
        runs.map(({ tenantId, keyHash, run }) => ({ tenant_id: tenantId, key_hash: keyHash, run })),
      )
      await database.write((queries) =>
        sql`update idempotency_keys as old set lease_until = ${fromNow(leaseMs)}
          from json_populate_recordset(null::idempotency_keys, ${list}::json) as mine
          where old.tenant_id = mine.tenant_id and old.key_hash = mine.key_hash and old.run = mine.run
            and old.state = 'running'`.execute(queries),
      )
    },

    sweep(limit) {
      return database.write(async (queries) => {
        const { rows } = await sql`
          delete from idempotency_keys where ctid = any(array(
            select ctid from idempotency_keys as old where ${IS_OVER}
            order by expires_at limit ${limit} for update skip locked))
          returning key_hash`.execute(queries)
        return rows.length
      })
    },
  }
}

/** What runs is not over, however long it was to be kept. */
const IS_OVER = sql`(old.expires_at <= clock_timestamp() and (old.state <> 'running' or old.lease_until <= clock_timestamp()))`

function fromNow(ms: number) {
  return sql`clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`
}

function isOwn({ tenantId, keyHash, run }: KeyedRun) {
  return sql`tenant_id = ${storableText(tenantId)} and key_hash = ${keyHash} and run = ${run} and state = 'running'`
}

import { type RawBuilder, sql } from 'kysely'
import type { JsonObject } from '../../lib/json.ts'
import { moneyText } from '../columns/column.ts'
import { decodeRow, storableJson, storableText, storableTextOr } from '../columns/encode-rows.ts'
import { JOB_COLUMNS } from '../columns/job-columns.ts'
import type { JobRow, JobStore, TakenJob } from '../contracts/job-store.ts'
import type { Database, Queries } from './database.ts'
import { readPage, type StoredRecord } from './page.ts'

const OPEN = sql`status in ('queued', 'running')`

/** Jobs over PostgreSQL, with the database's time. */
export function createJobStore(database: Database): JobStore {
  return {
    beat: (runner) =>
      database.write(async (queries) => {
        const beaten = await sql`
          update job_runners set seen_at = clock_timestamp() where id = ${runner} returning id`.execute(queries)
        if (beaten.rows.length === 0) {
          await sql`insert into job_runners (id) values (${runner}) on conflict do nothing`.execute(queries)
          return { alive: false, cancelled: [] }
        }
        const { rows } = await sql<{ id: string }>`
          select id from jobs where owner = ${runner} and status = 'cancelled'`.execute(queries)
        return { alive: true, cancelled: rows.map(({ id }) => id) }
      }),

    add: ({ call, body, ...job }, runner) =>
      database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`
          insert into jobs (id, tenant_id, user_id, key_id, feature, task, requested_model, dialect, trace_id, repeatable, owner, deadline_at)
          values (${job.id}, ${storableText(job.tenantId)}, ${storableTextOr(job.userId)}, ${job.keyId}, ${storableText(job.feature)}, ${storableTextOr(job.task)},
            ${storableText(job.requestedModel)}, ${job.dialect}, ${job.traceId}, ${job.repeatable}, ${runner}, ${fromNow(job.deadlineMs)})
          returning *`.execute(queries)
        await sql`insert into job_contents (job_id, call, body) values (${job.id}, ${storableJson(call)}::jsonb, ${body})`.execute(
          queries,
        )
        return rowOf(rows[0])
      }),

    begin: (id, runner) =>
      changed(
        database,
        () =>
          sql`update jobs set status = 'running', runs = runs + 1, started_at = coalesce(started_at, clock_timestamp())
          where id = ${id} and owner = ${runner} and status = 'queued' returning id`,
      ),

    finish: (id, runner, end, tell) =>
      database.write(async (queries) => {
        const { rows } = await sql`
          update jobs set status = ${end.status}, error_code = ${end.errorCode}, served_model = ${storableTextOr(end.servedModel)},
            cost_usd = ${moneyText(end.cost)}::numeric, ended_at = clock_timestamp(), owner = null, tell_at = ${tellAt(tell)}
          where id = ${id} and owner = ${runner} and ${OPEN} returning id`.execute(queries)
        if (rows.length === 0) {
          // Somebody cancelled it: the owner has heard of it now.
          await sql`update jobs set owner = null, cost_usd = ${moneyText(end.cost)}::numeric where id = ${id} and owner = ${runner}`.execute(
            queries,
          )
          return false
        }
        await forgetCall(queries, id, end.content)
        return true
      }),

    async release(id, runner) {
      await changed(
        database,
        () =>
          sql`update jobs set status = 'queued', owner = null, counted = false
          where id = ${id} and owner = ${runner} and ${OPEN} returning id`,
      )
    },

    cancel: (id, tenantId, tell) =>
      database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`
          update jobs set status = 'cancelled', ended_at = clock_timestamp(), tell_at = ${tellAt(tell)}
          where id = ${storableText(id)} and ${ofTenant(tenantId)} and ${OPEN} returning *`.execute(queries)
        if (rows.length === 0) return (await findIn(queries, id, tenantId))?.row ?? null
        await forgetCall(queries, id, null)
        return rowOf(rows[0])
      }),

    find: (id, tenantId) => database.read((queries) => findIn(queries, id, tenantId)),

    list: ({ limit, cursor, tenantId, status }) =>
      database.read(async (queries) => {
        const equal = { tenant_id: tenantId, status }
        const ask = { table: 'jobs', timeColumn: 'created_at', limit, cursor, equal }
        const { records, nextCursor } = await readPage(queries, ask)
        return { rows: records.map(rowOf), nextCursor }
      }),

    takeOver: (runner, leaseMs, most) =>
      database.write(async (queries) => {
        await sql`
          delete from job_runners
          where id <> ${runner} and seen_at < clock_timestamp() - ${leaseMs}::float8 * interval '1 millisecond'`.execute(
          queries,
        )
        const { rows } = await sql<StoredRecord>`
          with lost as (
            select id, tenant_id, created_at, row_number() over (partition by tenant_id order by created_at, id) as turn
            from jobs where ${OPEN} and (owner is null or not exists (select from job_runners where job_runners.id = owner))
          ), taken as (
            select id, status from jobs
            where id in (select id from lost order by turn, created_at, id limit ${most}) and ${OPEN}
              and (owner is null or not exists (select from job_runners where job_runners.id = owner))
            for update skip locked
          )
          update jobs set owner = ${runner}, status = 'queued' from taken, job_contents
          where jobs.id = taken.id and job_contents.job_id = jobs.id
          returning jobs.*, taken.status as status_before, job_contents.call, job_contents.body,
            extract(epoch from jobs.deadline_at - clock_timestamp()) * 1000 as left_ms`.execute(queries)
        if (rows.length > 0) {
          await sql`insert into job_runners (id) values (${runner}) on conflict do nothing`.execute(queries)
        }
        return rows.map(takenOf).sort((left, right) => left.row.createdAt - right.row.createdAt)
      }),

    news: (most, holdMs) =>
      database.write(async (queries) => {
        const { rows } = await sql<StoredRecord>`
          update jobs set tell_at = ${fromNow(holdMs)}, tries = tries + 1
          where id in (select id from jobs where tell_at <= clock_timestamp() order by tell_at limit ${most} for update skip locked)
          returning *`.execute(queries)
        return rows.map((record) => ({
          row: rowOf(record),
          tries: Number(record.tries),
          told: record.told as readonly string[],
        }))
      }),

    async told(id, told, againInMs) {
      await changed(
        database,
        () =>
          sql`update jobs set told = ${[...told]}::text[], tell_at = ${againInMs === null ? null : fromNow(againInMs)}
          where id = ${id} returning id`,
      )
    },

    forget: (keepMs, most) =>
      database.write(async (queries) => {
        const { rows } = await sql`
          delete from jobs where id in (
            select id from jobs where ended_at < clock_timestamp() - ${keepMs}::float8 * interval '1 millisecond'
            limit ${most} for update skip locked)
          returning id`.execute(queries)
        return rows.length
      }),
  }
}

function changed(database: Database, statement: () => RawBuilder<unknown>): Promise<boolean> {
  return database.write(async (queries) => (await statement().execute(queries)).rows.length > 0)
}

async function forgetCall(queries: Queries, id: string, content: string | null): Promise<void> {
  await sql`update job_contents set call = null, body = null, content = ${content === null ? null : storableText(content)} where job_id = ${id}`.execute(
    queries,
  )
}

async function findIn(queries: Queries, id: string, tenantId: string | null) {
  const { rows } = await sql<StoredRecord>`
    select jobs.*, content from jobs left join job_contents on job_id = id
    where id = ${storableText(id)} and ${ofTenant(tenantId)}`.execute(queries)
  const [record] = rows
  return record ? { row: rowOf(record), content: (record.content ?? null) as string | null } : null
}

function takenOf(record: StoredRecord): TakenJob {
  const leftMs = Number(record.left_ms)
  return {
    row: rowOf(record),
    call: record.call as JsonObject,
    body: record.body as Buffer,
    repeatable: record.repeatable === true,
    counted: record.counted === true,
    wasRunning: record.status_before === 'running',
    isLate: leftMs <= 0,
    leftMs: Math.max(0, leftMs),
  }
}

function rowOf(record: StoredRecord | undefined): JobRow {
  return decodeRow(JOB_COLUMNS, record ?? {})
}

function ofTenant(tenantId: string | null): RawBuilder<unknown> {
  return tenantId === null ? sql`true` : sql`tenant_id = ${storableText(tenantId)}`
}

function tellAt(tell: boolean): RawBuilder<unknown> {
  return tell ? sql`clock_timestamp()` : sql`null`
}

function fromNow(ms: number): RawBuilder<unknown> {
  return sql`clock_timestamp() + ${ms}::float8 * interval '1 millisecond'`
}

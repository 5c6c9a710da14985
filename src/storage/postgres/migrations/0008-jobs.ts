import { type Kysely, sql } from 'kysely'

/**
 * Creates `jobs`, `job_contents` and `job_runners`. What was asked and answered is apart, so that lists and queues never read it; it goes with its job.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table job_runners (
      id text collate "C" primary key,
      seen_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`
    create table jobs (
      id text collate "C" primary key,
      tenant_id text collate "C" not null,
      user_id text,
      key_id text,
      feature text not null,
      task text,
      requested_model text not null,
      dialect text not null,
      status text not null default 'queued',
      trace_id text collate "C" not null,
      served_model text,
      error_code text,
      cost_usd numeric(20,9) not null default 0,
      runs integer not null default 0,
      repeatable boolean not null,
      counted boolean not null default true,
      owner text collate "C",
      created_at timestamptz not null default clock_timestamp(),
      deadline_at timestamptz not null,
      started_at timestamptz,
      ended_at timestamptz,
      tell_at timestamptz,
      tries integer not null default 0,
      told text[] not null default '{}'
    )`.execute(db)
  await sql`create index jobs_newest on jobs (created_at, id)`.execute(db)
  await sql`create index jobs_of_tenant on jobs (tenant_id, created_at, id)`.execute(db)
  await sql`create index jobs_open on jobs (created_at, id) where status in ('queued', 'running')`.execute(db)
  await sql`create index jobs_owned on jobs (owner) where owner is not null`.execute(db)
  await sql`create index jobs_ended on jobs (ended_at) where ended_at is not null`.execute(db)
  await sql`create index jobs_to_tell on jobs (tell_at) where tell_at is not null`.execute(db)
  await sql`
    create table job_contents (
      job_id text collate "C" primary key references jobs (id) on delete cascade,
      call jsonb,
      body bytea,
      content text
    )`.execute(db)
}

import { type Kysely, sql } from 'kysely'

/** Creates `llm_feedback`. It names the task and the deployment that it is about, so that reports need not look for the call. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table llm_feedback (
      id text collate "C" primary key,
      trace_id text collate "C" not null,
      tenant_id text collate "C" not null,
      user_id text collate "C",
      feature text not null,
      task text collate "C",
      deployment text collate "C",
      score double precision not null check (score between -1 and 1),
      label text,
      comment text,
      created_at timestamptz not null default clock_timestamp(),
      updated_at timestamptz not null default clock_timestamp()
    )`.execute(db)
  // One word of one person on one trace; that of nobody in particular is nobody's with an empty name.
  await sql`
    create unique index llm_feedback_of_trace on llm_feedback
      (trace_id, tenant_id, coalesce(user_id, ''), (user_id is null))`.execute(db)
  await sql`
    create index llm_feedback_of_task on llm_feedback (task, updated_at) where task is not null`.execute(db)
}

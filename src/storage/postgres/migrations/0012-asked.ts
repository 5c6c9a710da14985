import { type Kysely, sql } from 'kysely'

/** Requests say what their decision was asked, so that it can be decided again by another policy. Null in rows of older versions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table llm_requests add column asked jsonb`.execute(db)
}

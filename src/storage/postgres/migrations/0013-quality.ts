import { type Kysely, sql } from 'kysely'

/** Lets the newest attempts of a task be found, for what they say of the models that served it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index llm_usage_events_of_task on llm_usage_events (task, created_at)
    where task is not null`.execute(db)
}

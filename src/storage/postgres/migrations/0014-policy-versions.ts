import { type Kysely, sql } from 'kysely'

/** Creates `policy_versions`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table policy_versions (
      number bigint primary key,
      hash text collate "C" not null,
      source text not null check (source in ('file', 'ledger')),
      actor text not null,
      reason text,
      sections jsonb not null,
      changes jsonb not null,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db)
}

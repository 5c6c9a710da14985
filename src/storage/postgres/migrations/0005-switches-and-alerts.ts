import { type Kysely, sql } from 'kysely'

/**
 * Creates `kill_switches` and `alerts`. Switches that were turned off stay, because a budget window may turn one on only once; the
 * partial index holds those that may still be on.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table kill_switches (
      id text collate "C" primary key,
      scope jsonb not null,
      reason text not null,
      actor text not null,
      cause text collate "C" unique,
      ends_at timestamptz,
      created_at timestamptz not null default clock_timestamp(),
      off_at timestamptz
    )`.execute(db)
  await sql`
    create index kill_switches_on on kill_switches (coalesce(ends_at, 'infinity')) where off_at is null`.execute(db)

  await sql`
    create table alerts (
      id text collate "C" primary key,
      key text collate "C" not null,
      kind text not null,
      scope jsonb not null,
      message text not null,
      details jsonb not null,
      at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index alerts_newest on alerts (at, id)`.execute(db)
  await sql`create index alerts_by_key on alerts (key, at)`.execute(db)
}

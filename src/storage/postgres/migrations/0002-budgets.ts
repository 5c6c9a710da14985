import { type Kysely, sql } from 'kysely'

/*
 * Money. A row of `budgets` is one window of one budget; what it has lent is spread over `budget_slices`, and
 * sliced_usd = sum of its slices, always. Both tables are updated in place all day, hence the room left in their pages.
 */

/** Creates `instances`, `budgets` and `budget_slices`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table instances (
      id text collate "C" primary key,
      registered_at timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      buried_at timestamptz
    ) with (fillfactor = 50)`.execute(db)
  await sql`create index instances_alive on instances (id) where buried_at is null`.execute(db)

  await sql`
    create table budgets (
      key text collate "C" not null,
      window_id text collate "C" not null,
      limit_usd numeric(20,9) not null,
      posted_usd numeric(20,9) not null default 0,
      sliced_usd numeric(20,9) not null default 0 check (sliced_usd >= 0),
      ends_at timestamptz not null,
      created_at timestamptz not null default clock_timestamp(),
      primary key (key, window_id)
    ) with (fillfactor = 50)`.execute(db)
  await sql`create index budgets_ending on budgets (ends_at)`.execute(db)

  await sql`
    create table budget_slices (
      instance_id text collate "C" not null references instances (id),
      budget_key text collate "C" not null,
      window_id text collate "C" not null,
      amount_usd numeric(20,9) not null check (amount_usd > 0),
      primary key (instance_id, budget_key, window_id),
      foreign key (budget_key, window_id) references budgets (key, window_id)
    ) with (fillfactor = 50)`.execute(db)
  await sql`create index budget_slices_of_window on budget_slices (budget_key, window_id)`.execute(db)
}

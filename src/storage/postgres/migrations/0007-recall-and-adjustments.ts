import { type Kysely, sql } from 'kysely'

/** Windows say when their money was called back, slices when they answered; corrections have a table of their own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table budgets add column recalled_at timestamptz`.execute(db)
  await sql`alter table budget_slices add column answered_at timestamptz`.execute(db)
  // Marks are few and short-lived, and every instance looks for them twice a second.
  await sql`create index budgets_recalled on budgets (key, window_id) where recalled_at is not null`.execute(db)

  await sql`
    create table ledger_adjustments (
      id text collate "C" primary key,
      created_at timestamptz not null default clock_timestamp(),
      actor text not null,
      reason text not null,
      budget_key text collate "C",
      window_id text collate "C",
      unit text not null check (unit in ('usd', 'tokens', 'requests')),
      amount numeric(20,9) not null,
      usage_id text collate "C"
    )`.execute(db)
  await sql`create index ledger_adjustments_newest on ledger_adjustments (created_at, id)`.execute(db)
  await sql`create index ledger_adjustments_of_budget on ledger_adjustments (budget_key, window_id)`.execute(db)
  await sql`create index ledger_adjustments_of_usage on ledger_adjustments (usage_id) where usage_id is not null`.execute(
    db,
  )
}

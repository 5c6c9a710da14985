import { type Kysely, sql } from 'kysely'

/** Budgets count USD, tokens or requests: columns are named without a currency, and each window says its unit. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table budgets rename column limit_usd to limit_amount`.execute(db)
  await sql`alter table budgets rename column posted_usd to posted_amount`.execute(db)
  await sql`alter table budgets rename column sliced_usd to sliced_amount`.execute(db)
  await sql`
    alter table budgets add column unit text not null default 'usd' check (unit in ('usd', 'tokens', 'requests'))`.execute(
    db,
  )
  await sql`alter table budget_slices rename column amount_usd to amount`.execute(db)
}

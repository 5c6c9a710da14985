import { type Kysely, sql } from 'kysely'

/*
 * What a call is charged apart from what it cost, how it was served, and the prices that rows name. A charge that is null was written by a version that
 * knew no markup: it is the cost.
 */

/** Adds charges, tool fees and service tiers to the ledger's rows, and creates `llm_prices`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table llm_usage_events
      add column tool_fees_usd numeric(20,9) not null default 0,
      add column charge_usd numeric(20,9),
      add column service_tier_asked text,
      add column service_tier text`.execute(db)
  await sql`alter table llm_requests add column charge_usd numeric(20,9)`.execute(db)
  await sql`
    create table llm_prices (
      version text collate "C" primary key,
      provider text not null,
      model text not null,
      rates jsonb not null,
      source text not null,
      first_used_at timestamptz not null
    )`.execute(db)
}

import { type Kysely, sql } from 'kysely'

/*
 * The ledger's rows: attempts, exchanges, spans. Ids and names that are sorted or compared are kept in the C collation, so that
 * order means the same on every server and indexes are cheap.
 */

/** Creates `llm_usage_events`, `llm_requests` and `llm_spans`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table llm_usage_events (
      id text collate "C" primary key,
      trace_id text collate "C" not null,
      attempt integer not null,
      tenant_id text collate "C" not null,
      user_id text,
      team_id text,
      key_id text,
      feature text not null,
      task text,
      route text,
      model text,
      provider text,
      deployment text,
      region text,
      prompt_version text,
      risk text,
      plan text,
      input_tokens bigint not null,
      output_tokens bigint not null,
      cached_tokens bigint not null,
      cache_write_tokens bigint not null,
      reasoning_tokens bigint not null,
      estimated_cost_usd numeric(20,9) not null,
      cost_usd numeric(20,9) not null,
      price_version text,
      usage_estimated boolean not null,
      latency_ms bigint not null,
      ttft_ms bigint,
      status text not null check (status in
        ('completed', 'incomplete', 'client_gone', 'failed', 'refused', 'cached', 'presumed_spent')),
      error_code text,
      finish_reason text,
      cache text,
      created_at timestamptz not null
    )`.execute(db)
  await sql`create index llm_usage_events_newest on llm_usage_events (created_at, id)`.execute(db)
  await sql`create index llm_usage_events_of_tenant on llm_usage_events (tenant_id, created_at, id)`.execute(db)
  await sql`create index llm_usage_events_of_trace on llm_usage_events (trace_id)`.execute(db)
  // Failures and refusals are few and looked for; an index of every completed call by status would only cost.
  await sql`
    create index llm_usage_events_troubled on llm_usage_events (status, created_at, id)
    where status <> 'completed'`.execute(db)

  await sql`
    create table llm_requests (
      id text collate "C" primary key,
      trace_id text collate "C" not null,
      tenant_id text collate "C" not null,
      user_id text,
      key_id text,
      feature text not null,
      task text,
      requested_model text not null,
      route text,
      served_model text,
      fallback_reason text,
      dialect text not null,
      stream boolean not null,
      status text not null check (status in
        ('completed', 'incomplete', 'client_gone', 'failed', 'refused', 'cached', 'presumed_spent')),
      error_code text,
      cost_usd numeric(20,9) not null,
      latency_ms bigint not null,
      ttft_ms bigint,
      dropped text[] not null,
      flags text[] not null,
      decision jsonb,
      created_at timestamptz not null
    )`.execute(db)
  await sql`create index llm_requests_newest on llm_requests (created_at, id)`.execute(db)
  await sql`create index llm_requests_of_tenant on llm_requests (tenant_id, created_at, id)`.execute(db)
  await sql`create index llm_requests_of_trace on llm_requests (trace_id)`.execute(db)
  await sql`
    create index llm_requests_troubled on llm_requests (status, created_at, id)
    where status <> 'completed'`.execute(db)

  // The tenant is part of the key: spans carry ids that callers choose, and one tenant's may not keep out another's.
  await sql`
    create table llm_spans (
      trace_id text collate "C" not null,
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      parent_id text collate "C",
      name text not null,
      kind text not null,
      started_at timestamptz not null,
      ended_at timestamptz not null,
      status text not null check (status in ('ok', 'error')),
      attributes jsonb not null,
      primary key (trace_id, tenant_id, id)
    )`.execute(db)
}

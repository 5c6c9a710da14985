import { type Kysely, sql } from 'kysely'

/** Creates `idempotency_keys`. Bodies are bytes that compress badly twice, so they are stored outside the row, as they are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table idempotency_keys (
      tenant_id text collate "C" not null,
      key_hash text collate "C" not null,
      run text collate "C" not null,
      fingerprint text collate "C" not null,
      state text collate "C" not null check (state in ('running', 'kept', 'lost', 'free')),
      stream boolean not null,
      head jsonb,
      body bytea,
      lease_until timestamptz not null,
      expires_at timestamptz not null,
      created_at timestamptz not null default clock_timestamp(),
      primary key (tenant_id, key_hash)
    )`.execute(db)
  await sql`create index idempotency_keys_by_end on idempotency_keys (expires_at)`.execute(db)
}

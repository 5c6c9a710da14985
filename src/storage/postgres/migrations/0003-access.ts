import { type Kysely, sql } from 'kysely'

/** Creates `virtual_keys`, `settings` and `audit_log`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table virtual_keys (
      id text collate "C" primary key,
      kind text not null check (kind in ('tenant', 'service', 'admin')),
      mac text collate "C" not null unique,
      prefix text not null,
      name text,
      tenant_id text collate "C",
      tenants text[] not null,
      defaults jsonb not null,
      allowed_models text[],
      expires_at timestamptz,
      revoked_at timestamptz,
      created_at timestamptz not null
    )`.execute(db)
  await sql`create index virtual_keys_newest on virtual_keys (created_at, id)`.execute(db)
  await sql`create index virtual_keys_revoked on virtual_keys (revoked_at) where revoked_at is not null`.execute(db)

  await sql`create table settings (name text collate "C" primary key, value text not null)`.execute(db)

  await sql`
    create table audit_log (
      id text collate "C" primary key,
      actor text not null,
      action text not null,
      subject text not null,
      before jsonb,
      after jsonb,
      reason text,
      at timestamptz not null default clock_timestamp()
    )`.execute(db)
  await sql`create index audit_log_newest on audit_log (at, id)`.execute(db)
}

import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { StorageCondition } from '../contracts/storage.ts'
import type { Database, Queries } from './database.ts'
import { MIGRATIONS_TABLE } from './migrate.ts'

/** Settings that must not be `off`, or a charge that was committed may be gone after a power cut. */
const DURABILITY = ['fsync', 'full_page_writes', 'synchronous_commit']

/** Looks at a database without changing it; see `Storage.inspect`. */
export function inspect(
  database: Database,
  migrations: Readonly<Record<string, Migration>>,
): Promise<StorageCondition> {
  return database.read(async (queries) => {
    const { rows } = await sql<{ name: string; setting: string }>`
      select name, setting from pg_settings
      where name in (${sql.join([...DURABILITY, 'server_version'])}) order by name`.execute(queries)
    const settings = new Map(rows.map(({ name, setting }) => [name, setting]))
    const applied = await appliedMigrations(queries)
    return {
      server: `PostgreSQL ${settings.get('server_version')?.split(' ')[0] ?? 'of an unknown version'}`,
      undurable: DURABILITY.filter((name) => settings.get(name) === 'off').map((name) => `${name} is off`),
      pendingMigrations: Object.keys(migrations).filter((name) => !applied.has(name)),
      unknownMigrations: [...applied].filter((name) => !(name in migrations)).sort(),
    }
  })
}

async function appliedMigrations(queries: Queries): Promise<ReadonlySet<string>> {
  const table = await sql<{ found: string | null }>`select to_regclass(${MIGRATIONS_TABLE}) as found`.execute(queries)
  if (!table.rows[0]?.found) return new Set()
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATIONS_TABLE)}`.execute(queries)
  return new Set(rows.map(({ name }) => name))
}

import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { MigrationReport } from '../contracts/storage.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { DatabaseOptions } from './database.ts'
import { unavailable } from './unavailable.ts'

/*
 * Runs the migrations that a database lacks, all in one transaction, under an advisory lock: of several instances that start at once
 * one migrates and the others wait, then find nothing to do. A database that has migrations unknown to this version was set up by a
 * newer one and is left alone. A table in use is waited for no longer than `migrationLockMs`, so that a migration never queues every
 * call behind itself.
 */

const MIGRATION_LOCK = 4_100_415_001
/** The table that says which migrations were applied. */
export const MIGRATIONS_TABLE = 'headgate_migrations'
const OLDEST_SERVER = 130_000

/** Brings the database up to date; see `Storage.migrate`. */
export async function migrate(
  { limits, ...options }: Omit<DatabaseOptions, 'callersWait'>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<MigrationReport> {
  const pool = new ConnectionPool({
    ...options,
    ...limits,
    connections: 1,
    statementMs: 0,
    lockMs: limits.migrationLockMs,
    callersWait: () => false,
  })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await db.connection().execute(async (connection) => {
      await refuseOldServer(connection)
      await sql`select pg_advisory_lock(${sql.lit(MIGRATION_LOCK)})`.execute(connection)
      await refuseNewerSchema(connection, migrations)
      return await run(connection, migrations)
    })
  } catch (error) {
    throw unavailable(error)
  } finally {
    // Closing the session lets go of the lock.
    await pool.end()
  }
}

async function run(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Promise<MigrationReport> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: MIGRATIONS_TABLE,
    migrationLockTableName: `${MIGRATIONS_TABLE}_lock`,
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return { applied: results.map((result) => result.migrationName) }
}

async function refuseOldServer(db: Kysely<unknown>): Promise<void> {
  const found = await sql<{ number: string; name: string }>`
    select current_setting('server_version_num') as number, current_setting('server_version') as name`.execute(db)
  const [version] = found.rows
  if (version && Number(version.number) < OLDEST_SERVER) {
    throw new GatewayError('ledger_unavailable', `PostgreSQL ${version.name} is too old; use version 13 or newer.`)
  }
}

async function refuseNewerSchema(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>): Promise<void> {
  const exists = await sql<{ found: string | null }>`select to_regclass(${MIGRATIONS_TABLE}) as found`.execute(db)
  if (!exists.rows[0]?.found) return
  const applied = await sql<{ name: string }>`select name from ${sql.table(MIGRATIONS_TABLE)} order by name`.execute(db)
  const unknown = applied.rows.map((row) => row.name).filter((name) => !(name in migrations))
  if (unknown.length === 0) return
  throw new GatewayError(
    'ledger_unavailable',
    `The database was set up by a newer Headgate: it has ${unknown.join(', ')}, which this version does not know. ` +
      'Start the newer version, or restore a backup from before the upgrade.',
  )
}

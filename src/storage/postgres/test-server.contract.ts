import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { systemClock } from '../../lib/clock.ts'
import { type StorageUnderTest, unique } from '../contracts/samples.contract.ts'
import { ConnectionPool, type PoolSettings } from './connection-pool.ts'
import { openEmbeddedPostgres } from './embedded/open.ts'
import type { PostgresLimits } from './limits.ts'
import { openPostgresStorage } from './open.ts'

/*
 * A PostgreSQL server for one test file, with a new database for whoever asks. Not a contract itself: the name keeps it out of the build.
 */

/** Limits for a test machine that is busy with other tests; what a limit does is tested with limits of its own. */
export const PATIENT: Partial<PostgresLimits> = {
  acquireMs: 20_000,
  beginMs: 20_000,
  statementMs: 20_000,
  lockMs: 20_000,
}

const OTHERS_OUT = `select pg_terminate_backend(pid, 5000) from pg_stat_activity
  where backend_type = 'client backend' and pid <> pg_backend_pid()`

/** A running server. */
export interface TestServer {
  /** A new empty database's URL. */
  createDatabase(): Promise<string>
  /** A new storage in a database of its own, migrated. */
  openStorage(): Promise<StorageUnderTest & { readonly url: string }>
  close(): Promise<void>
}

/** Starts a server in a new data directory; closing it removes the directory. */
export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-storage-'))
  // For root the server runs as another user, who has to get to its data.
  await chmod(folder, 0o711)
  const server = await openEmbeddedPostgres({ dataDir: join(folder, 'data') })
  const createDatabase = async () => {
    const name = unique('db')
    await queryOnce(server.url, `create database ${name}`)
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return url.href
  }
  return {
    createDatabase,
    async openStorage() {
      const url = await createDatabase()
      const storage = await openPostgresStorage({ url, clock: systemClock, limits: PATIENT })
      await storage.migrate()
      const letTimePass = async (ms: number) => {
        const earlier = (column: string) => `${column} = ${column} - ${ms} * interval '1 millisecond'`
        await queryOnce(url, `update instances set ${earlier('seen_at')}`)
        await queryOnce(url, `update idempotency_keys set ${earlier('lease_until')}, ${earlier('expires_at')}`)
        await queryOnce(url, `update budgets set ${earlier('recalled_at')} where recalled_at is not null`)
        await queryOnce(url, `update job_runners set ${earlier('seen_at')}`)
        await queryOnce(url, `update jobs set ${earlier('deadline_at')}, ${earlier('ended_at')}, ${earlier('tell_at')}`)
        await queryOnce(url, `update budget_slices set ${earlier('answered_at')} where answered_at is not null`)
      }
      return { storage, url, letTimePass, close: () => storage.close() }
    },
    async close() {
      // A test that failed may have left a connection open, and a server that is used is not stopped.
      await queryOnce(server.url, OTHERS_OUT)
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Runs one statement on a connection of its own and returns its rows. */
export async function queryOnce(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement)
    return rows
  } finally {
    await client.end()
  }
}

/** A pool that waits as long as a busy machine takes. */
export function patientPool(
  settings: Pick<PoolSettings, 'url' | 'connections'> & Partial<PoolSettings>,
): ConnectionPool {
  return new ConnectionPool({
    acquireMs: 0,
    beginMs: 0,
    connectMs: 20_000,
    statementMs: 20_000,
    lockMs: 20_000,
    ...PATIENT,
    callersWait: () => true,
    log: { warn: () => undefined },
    ...settings,
  })
}

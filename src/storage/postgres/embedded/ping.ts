import { stat } from 'node:fs/promises'
import { Client } from 'pg'
import type { Secret } from '../../../lib/secret.ts'
import { DATABASE, HOST, ROLE } from './settings.ts'

/**
 * What answered on a port.
 * - `ours`: the server of this cluster, with its version (`18.4`);
 * - `foreign`: something else, or a server of another cluster;
 * - `refused`: nobody listens;
 * - `busy`: a server that cannot say yet: it starts, stops, has no connection left, or does not answer in time.
 */
export type Ping =
  | { readonly kind: 'ours'; readonly version: string }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'busy'; readonly why: string }

const BUSY_CODES = ['57P03', '53300', '57P01', '57P02']

/**
 * Logs in on the port. The password is random per data directory and SCRAM proves that both sides know it,
 * so a login says whose server it is, but for a cluster that was copied along with its password.
 */
export async function ping(port: number, password: Secret, cluster: string): Promise<Ping> {
  try {
    return await withConnection(port, password, async (client) => {
      const { rows } = await client.query<{ version: string; directory: string }>(
        "select current_setting('server_version') as version, current_setting('data_directory') as directory",
      )
      const { version = '', directory = '' } = rows[0] ?? {}
      if (await isAnotherFolder(directory, cluster)) return { kind: 'foreign' }
      return { kind: 'ours', version: version.split(' ')[0] ?? version }
    })
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return { kind: 'refused' }
    if (code === undefined || BUSY_CODES.includes(code)) return { kind: 'busy', why: message }
    return { kind: 'foreign' }
  }
}

/** How many connections of clients there are besides the one that asks. */
export async function countConnections(port: number, password: Secret): Promise<number> {
  return withConnection(port, password, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int as count from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    return rows[0]?.count ?? 0
  })
}

async function withConnection<T>(port: number, password: Secret, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    host: HOST,
    port,
    user: ROLE,
    password: password.reveal(),
    database: DATABASE,
    ssl: false,
    application_name: 'headgate-lifecycle',
    connectionTimeoutMillis: 3_000,
    query_timeout: 3_000,
  })
  client.on('error', () => {}) // a server that dies meanwhile; the pending query says so
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Whether both folders exist and differ. A cluster that was moved under a running server is still the same one. */
async function isAnotherFolder(reported: string, cluster: string): Promise<boolean> {
  try {
    const [theirs, ours] = await Promise.all([stat(reported), stat(cluster)])
    return theirs.ino !== ours.ino || theirs.dev !== ours.dev
  } catch {
    return false
  }
}

/** The one database, and the role that owns it; not a superuser. */
export const DATABASE = 'headgate'
/** The role's name. */
export const ROLE = 'headgate'

/** The only address the server listens on. */
export const HOST = '127.0.0.1'

/** What `initdb` is told. Sorting by bytes is the one order that no update of the system's libraries changes. */
export const INITDB_ARGUMENTS: readonly string[] = [
  '--username=postgres',
  '--auth=reject',
  '--encoding=UTF8',
  '--locale=C',
  '--data-checksums',
]

/** Who may connect: our role, over loopback, with its password. */
export const CLIENT_AUTHENTICATION = `host all ${ROLE} ${HOST}/32 scram-sha-256\n`

/** What the server is told at every start; on its command line, so that no edited file can turn durability off. */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  // Durability: a committed charge is on disk.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Reach: loopback only. A socket's path would be limited to about 100 characters.
  listen_addresses: HOST,
  unix_socket_directories: '',
  // Size: a guest on this machine, not its owner.
  shared_buffers: '64MB',
  max_connections: '200',
  jit: 'off',
  // Time: the database computes in UTC whatever the machine's zone.
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Log: what happens to the server. Errors of statements go to whoever sent them.
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

/** The arguments that start the server on a cluster and a port. */
export function serverArguments(cluster: string, port: number): string[] {
  const settings = Object.entries({ ...SERVER_SETTINGS, port: String(port) })
  return ['-D', cluster, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

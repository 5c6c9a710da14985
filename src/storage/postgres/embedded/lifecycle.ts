import { join } from 'node:path'
import { findBinaries } from './binaries.ts'
import { clusterMajor, createCluster, removeDrafts } from './cluster.ts'
import { findServer, type Server } from './find-server.ts'
import { locate, markInitialized } from './location.ts'
import type { Machine } from './machine.ts'
import { databasePassword } from './password.ts'
import { formerPort, notePort } from './port-file.ts'
import { DATABASE, HOST, ROLE } from './settings.ts'
import { startServer } from './start-server.ts'
import { isConnectedTo, stopServer } from './stop-server.ts'
import { countUsers } from './users.ts'

/** What a server is brought up and taken down in. */
export interface Surroundings {
  /** Absolute, without links. */
  readonly dataDirectory: string
  readonly machine: Machine
  readonly log: (message: string) => void
}

/** A server that runs. */
export interface Running {
  readonly server: Server
  /** `postgres://user:password@127.0.0.1:port/headgate` */
  readonly url: string
  /** Whether it ran already. */
  readonly adopted: boolean
}

/** Adopts the server that runs, or starts one, on a new cluster if need be. Call it under the lock. */
export async function bringUp({ dataDirectory, machine, log }: Surroundings): Promise<Running> {
  const location = await locate(dataDirectory, machine.systemDirectory)
  const { cluster, account } = location
  await removeDrafts(location.home)
  const major = await clusterMajor(location)
  const password = await databasePassword(dataDirectory, major !== null)
  const urlOf = ({ port }: Server) => `postgres://${ROLE}:${password.reveal()}@${HOST}:${port}/${DATABASE}`

  const found = await findServer(cluster, password)
  if (found.server !== null) {
    await notePort(dataDirectory, found.server.port)
    log(`adopted the running PostgreSQL ${found.server.version} (process ${found.server.pid})`)
    return { server: found.server, url: urlOf(found.server), adopted: true }
  }
  const { binariesHome, home } = location
  const homeIsOurs = binariesHome === home
  const binaries = await findBinaries({ machine, account, home: binariesHome, homeIsOurs, major })
  if (major === null) {
    log(`making a PostgreSQL ${binaries.major} database in ${home}`)
    await createCluster(location, binaries, password)
  }
  await markInitialized(dataDirectory)
  const server = await startServer({
    binaries: binaries.directory,
    cluster,
    account,
    password,
    logPath: join(dataDirectory, 'postgres.log'),
    formerPort: found.stale?.port ?? (await formerPort(dataDirectory)),
    stalePid: found.stale?.pid ?? null,
  })
  await notePort(dataDirectory, server.port)
  log(`started PostgreSQL ${server.version} (process ${server.pid})`)
  return { server, url: urlOf(server), adopted: false }
}

/** Stops the server unless a living process has it open or somebody is connected. Call it under the lock. */
export async function takeDown({ dataDirectory, machine, log }: Surroundings): Promise<void> {
  const users = await countUsers(dataDirectory)
  if (users > 0) return log(`left PostgreSQL running: it is open ${users === 1 ? 'once' : `${users} times`} more`)
  const { cluster } = await locate(dataDirectory, machine.systemDirectory)
  const password = await databasePassword(dataDirectory, true)
  const { server } = await findServer(cluster, password)
  if (server === null) return
  if (await isConnectedTo(server, password)) return log('left PostgreSQL running: somebody is connected')
  await stopServer(server)
  log(`stopped PostgreSQL (process ${server.pid})`)
}

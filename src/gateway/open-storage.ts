import type { StorageTarget } from '../config/sections/storage.ts'
import type { Clock } from '../lib/clock.ts'
import type { Storage } from '../storage/contracts/storage.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { openEmbeddedPostgres } from '../storage/postgres/embedded/open.ts'
import { openPostgresStorage } from '../storage/postgres/open.ts'
import { keepRunning } from './keep-running.ts'
import type { Log } from './log.ts'

/** Storage that is connected. */
export interface OpenedStorage {
  readonly storage: Storage
  /** Where files of our own belong (the dispatch file); null when nothing may be written. */
  readonly dataDir: string | null
  /** For people. */
  readonly note: string
  /** Ends what was started for the storage; to be called after `storage.close`. */
  close(): Promise<void>
}

/** Where the dispatch file lives beside a server that keeps no files of ours. */
const DEFAULT_DATA_DIR = '.headgate'

/**
 * Opens the ledger that the configuration names, starting the embedded server when it is that, and brings its schema up to date. Until `callersWait`,
 * a server that is busy is waited for.
 */
export async function openStorage(
  target: StorageTarget,
  clock: Clock,
  log: Log,
  callersWait: () => boolean,
): Promise<OpenedStorage> {
  const opened = await connectStorage(target, clock, log, callersWait)
  try {
    await opened.storage.migrate()
    return opened
  } catch (error) {
    await opened.storage.close()
    await opened.close()
    throw error
  }
}

/** The same without touching the schema: for who wants to look at it, or to report what a migration does. */
export async function connectStorage(
  target: StorageTarget,
  clock: Clock,
  log: Log,
  callersWait = () => false,
): Promise<OpenedStorage> {
  if (target.kind === 'memory') {
    const storage = openMemoryStorage({ clock })
    return { storage, dataDir: null, note: 'memory: lost when the process ends', close: async () => undefined }
  }
  if (target.kind === 'postgres') {
    const storage = await openPostgresStorage({ url: target.url.reveal(), clock, log, callersWait })
    return { storage, dataDir: DEFAULT_DATA_DIR, note: 'PostgreSQL server', close: async () => undefined }
  }
  const server = await openEmbeddedPostgres({
    dataDir: target.dataDir,
    log: (message) => log.info({}, message),
  })
  try {
    // The server listens on loopback, in the clear; a PGSSLMODE of the operator's shell is meant for other servers.
    const storage = await openPostgresStorage({ url: `${server.url}?sslmode=disable`, clock, log, callersWait })
    const stopWatching = keepRunning(server, storage, log)
    const note = `PostgreSQL ${server.version}, embedded in ${target.dataDir}${server.adopted ? ' (was running)' : ''}`
    return {
      storage,
      dataDir: target.dataDir,
      note,
      close() {
        stopWatching()
        return server.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

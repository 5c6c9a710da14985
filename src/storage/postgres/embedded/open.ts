/*
 * The embedded database: a real PostgreSQL server that belongs to a data directory.
 *
 * The life of the server
 * ----------------------
 * A server belongs to a data directory and not to a process. Whoever opens the directory first makes the cluster and
 * starts the server, detached, so that it survives the death of its starter; whoever opens it later, at the same time
 * or after a crash, finds it running and *adopts* it. Whoever closes last stops it. A process that is killed says
 * nothing to anybody: its server runs on until somebody opens the directory again.
 *
 * All of this happens under one lock per data directory (lock.ts), held for the moment of an opening or a closing.
 * No step relies on the one before having been completed by a process that lived:
 *
 *   folder     made if missing
 *   location   inside the data directory, or elsewhere for root (location.ts)
 *   password   written whole or not at all, before the cluster exists
 *   running?   `postmaster.pid` names a PostgreSQL process, and it accepts our password (find-server.ts)
 *   programs   a copy of the npm package's, or the system's (binaries.ts)
 *   cluster    made as a draft, renamed when complete (cluster.ts)
 *   start      on the port it had before, when there is one (start-server.ts)
 *   user       a file that names this process, so that nobody stops the server under it (users.ts)
 *
 * Closing takes the user's file away and stops the server when no living process has one and nobody is connected.
 *
 * The data directory holds
 *   postgres/               the cluster, unless postgres-location.json says where else it is
 *   postgresql-…/           PostgreSQL's programs, unless the system's are used
 *   postgres-password       of the role `headgate`, readable by its owner alone
 *   postgres-port           that the server listened on last
 *   postgres.log            the server's log; `.1` is what was set aside
 *   postgres-users/         a file for each opening
 *   postgres.lock           while somebody opens or closes
 *
 * The processes that share a data directory are processes of one machine: containers that share a volume do not see
 * each other's processes and need a server of their own, named by `storage.url`.
 */
import { chmod, mkdir, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runningAsRoot } from './account.ts'
import { asFailure } from './failure.ts'
import { bringUp, type Surroundings, takeDown } from './lifecycle.ts'
import { withLock } from './lock.ts'
import { type Machine, thisMachine } from './machine.ts'
import { signOn } from './users.ts'

/** What is opened. */
export interface EmbeddedPostgresOptions {
  /** The data directory; made when it is missing. A relative path is relative to the working directory. */
  readonly dataDir: string
  /** Told in one line what happens to the server. Default: nobody. */
  readonly log?: (message: string) => void
  /** What the machine has; default: what it really has, as far as it can be known without the environment. */
  readonly machine?: Machine
}

/** An open embedded database. */
export interface EmbeddedPostgres {
  /** `postgres://user:password@127.0.0.1:port/headgate` */
  readonly url: string
  /** The server's version: `18.4`. */
  readonly version: string
  /** The server's process when it was opened. */
  readonly pid: number
  /** Whether it was already running. */
  readonly adopted: boolean
  /**
   * Starts the server again if it has died, and gives the URL to connect to from now on: the same one, unless somebody
   * else has taken the port. Does nothing when it runs. For callers whose connections fail.
   */
  ensureRunning(): Promise<string>
  /**
   * Stops the server when no other living process has it open and nobody is connected, and waits until it has stopped.
   * End your own connections first: they count. Closing twice is closing once.
   */
  close(): Promise<void>
}

/**
 * Opens the database of a data directory, starting its server when it does not run.
 * Throws a GatewayError `ledger_unavailable` that says what is missing or wrong and what to do about it.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => {}, machine = thisMachine() } = options
  const dataDirectory = await makeDataDirectory(dataDir)
  const surroundings: Surroundings = { dataDirectory, machine, log }

  async function exclusively<T>(done: string, work: () => Promise<T>): Promise<T> {
    try {
      return await withLock(join(dataDirectory, 'postgres.lock'), work)
    } catch (error) {
      throw asFailure(`The embedded database in ${dataDir} could not be ${done}.`, error)
    }
  }

  return exclusively('opened', async () => {
    const user = await signOn(dataDirectory)
    const { server, url, adopted } = await bringUp(surroundings).catch(async (error) => {
      await user.leave()
      throw error
    })
    const close = () =>
      exclusively('closed', async () => {
        await user.leave()
        await takeDown(surroundings)
      })
    let closing: Promise<void> | undefined
    return {
      url,
      version: server.version,
      pid: server.pid,
      adopted,
      ensureRunning: () => exclusively('started again', async () => (await bringUp(surroundings)).url),
      close: () => {
        closing ??= close()
        return closing
      },
    }
  })
}

/** Root's is open to the account that runs PostgreSQL, for passing through only. One that exists is left as it is. */
async function makeDataDirectory(path: string): Promise<string> {
  const absolute = resolve(path)
  try {
    const made = await mkdir(absolute, { recursive: true, mode: runningAsRoot() ? 0o755 : 0o700 })
    if (made !== undefined && runningAsRoot()) await chmod(absolute, 0o711)
    return await realpath(absolute)
  } catch (error) {
    throw asFailure(`The data directory ${path} could not be made.`, error)
  }
}

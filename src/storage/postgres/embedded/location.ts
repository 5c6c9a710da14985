/*
 * Where the cluster of a data directory lives.
 *
 * Normally inside it, as `<data directory>/postgres`. Root cannot run PostgreSQL, though, and the account it is run under
 * may be unable to enter the data directory: one of the folders on the way (`/root`, one of `mktemp -d`) is closed to it.
 * Those folders are the user's and are left as they are. The cluster then goes to a folder of its own with a random name
 * under /var/lib/headgate, and `postgres-location.json` in the data directory says which. That file *is* the link
 * between the two: who moves the data directory moves it along, who copies it has two data directories that point to
 * one cluster, which is refused. Deleting the data directory leaves the cluster; `data-directory` beside it says
 * whose it was, so that it can be deleted by hand.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, realpath, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Account, closedFolder, giveTo, runningAsRoot, unprivilegedAccount } from './account.ts'
import { readIfPresent, writeDurably } from './durable-file.ts'
import { failure } from './failure.ts'

/** Where a cluster lives and who runs it. */
export interface Location {
  /** The folder that holds the cluster; drafts of it are made beside it. */
  readonly home: string
  /** The cluster itself. */
  readonly cluster: string
  /** Where copies of PostgreSQL's programs go. */
  readonly binariesHome: string
  /** Whom the programs run as; null for this process's own user. */
  readonly account: Account | null
}

interface Recorded {
  /** The folder that holds the cluster. */
  readonly directory: string
  /** The data directory, to tell a move from a copy. */
  readonly dataDirectory: string
  /** Whether the cluster was ever there: then its absence is a loss and not a beginning. */
  readonly initialized: boolean
}

const FILE = 'postgres-location.json'

/** The location of the data directory's cluster, chosen and recorded the first time. Call it under the lock. */
export async function locate(dataDirectory: string, systemDirectory: string): Promise<Location> {
  const recorded = await readRecord(dataDirectory)
  // A process that died before the folder was there has recorded a place that never held anything.
  if (recorded !== null && (recorded.initialized || (await exists(recorded.directory)))) {
    await checkRecord(recorded, dataDirectory)
    return at(recorded.directory)
  }
  const inside = await at(dataDirectory)
  if (inside.account === null) return inside
  const closed = await closedFolder(dataDirectory, inside.account)
  if (closed === null) return inside
  if (await exists(inside.cluster)) {
    throw failure(
      `The account "${inside.account.name}", which runs PostgreSQL for root, may not enter ${closed}, and so does not ` +
        `reach the database in ${inside.cluster}. Let it enter (chmod o+x ${closed}) or move the data directory.`,
    )
  }
  const home = await makeHome(systemDirectory, inside.account)
  await writeDurably(join(home, 'data-directory'), `${dataDirectory}\n`, 0o644)
  await record(dataDirectory, { directory: home, dataDirectory, initialized: false })
  return at(home)
}

/** Notes that the cluster is there now, so that its loss is noticed. */
export async function markInitialized(dataDirectory: string): Promise<void> {
  const recorded = await readRecord(dataDirectory)
  if (recorded !== null && !recorded.initialized) await record(dataDirectory, { ...recorded, initialized: true })
}

async function at(home: string): Promise<Location> {
  const cluster = join(home, 'postgres')
  const account = runningAsRoot() ? await accountFor(cluster) : null
  const above = dirname(home)
  // Beside other clusters the programs are shared, but never in a folder that others can write, such as /tmp.
  const shared = (await readIfPresent(join(home, 'data-directory'))) !== null && (await isRootsAlone(above))
  return { home, cluster, account, binariesHome: shared ? above : home }
}

/** The owner of the cluster: it was started by them before. A cluster that root copied back is given away again. */
async function accountFor(cluster: string): Promise<Account> {
  if (!(await exists(cluster))) return unprivilegedAccount()
  const { uid, gid } = await stat(cluster)
  if (uid !== 0) return { name: `uid ${uid}`, uid, gid }
  const account = unprivilegedAccount()
  await giveTo(account, cluster)
  return account
}

async function makeHome(systemDirectory: string, account: Account): Promise<string> {
  try {
    const made = await mkdir(systemDirectory, { recursive: true })
    if (made !== undefined) await chmod(systemDirectory, 0o755)
    const base = await realpath(systemDirectory)
    if ((await isRootsAlone(base)) && (await closedFolder(base, account)) === null) {
      const home = join(base, randomBytes(8).toString('hex'))
      await mkdir(home)
      await chmod(home, 0o711)
      return home
    }
  } catch {
    // A read-only system: the folder for temporary files is the place left that the account can reach.
  }
  const base = await realpath(tmpdir())
  const closed = await closedFolder(base, account)
  if (closed !== null) {
    throw failure(
      `There is no place for the database that the account "${account.name}" can reach: neither ${systemDirectory} nor ` +
        `${base} will do. Choose a data directory that it can enter, or set storage.url to a postgres:// URL.`,
    )
  }
  const home = await mkdtemp(join(base, 'headgate-'))
  await chmod(home, 0o711)
  return home
}

async function isRootsAlone(folder: string): Promise<boolean> {
  const { uid, mode } = await stat(folder)
  return uid === 0 && (mode & 0o022) === 0
}

async function checkRecord(recorded: Recorded, dataDirectory: string): Promise<void> {
  const { directory, initialized } = recorded
  const file = join(dataDirectory, FILE)
  if (recorded.dataDirectory !== dataDirectory) {
    const other = await readRecord(recorded.dataDirectory)
    if (other?.directory === directory) {
      throw failure(
        `${dataDirectory} is a copy of ${recorded.dataDirectory}, whose database is in ${directory}; two data ` +
          `directories cannot share it. Delete ${file} and postgres-password beside it to start with an empty database.`,
      )
    }
    await record(dataDirectory, { ...recorded, dataDirectory })
    await writeDurably(join(directory, 'data-directory'), `${dataDirectory}\n`, 0o644)
  }
  if (initialized && !(await exists(join(directory, 'postgres')))) {
    throw failure(
      `The database of ${dataDirectory} was in ${directory} and is gone. Restore that folder, or delete ${file} to ` +
        'start with an empty database.',
    )
  }
}

async function readRecord(dataDirectory: string): Promise<Recorded | null> {
  const text = await readIfPresent(join(dataDirectory, FILE))
  if (text === null) return null
  try {
    const { directory, dataDirectory: owner, initialized } = JSON.parse(text) as Partial<Recorded>
    if (typeof directory === 'string' && typeof owner === 'string') {
      return { directory, dataDirectory: owner, initialized: initialized === true }
    }
  } catch {
    // falls through to the refusal
  }
  throw failure(`${join(dataDirectory, FILE)} is not readable as JSON: restore it; it says where the database is.`)
}

function record(dataDirectory: string, recorded: Recorded): Promise<void> {
  return writeDurably(join(dataDirectory, FILE), `${JSON.stringify(recorded, null, 2)}\n`, 0o644)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

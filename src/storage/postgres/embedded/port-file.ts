import { join } from 'node:path'
import { readIfPresent, writeDurably } from './durable-file.ts'

const FILE = 'postgres-port'

/*
 * The port of the data directory's server, kept for the next start: processes that have the directory open know the server by its port and go on trying
 * there. `postmaster.pid` says it too, but a server that is told to stop takes that file with it.
 */

/** The port that the server had last; null when it never had one, or nobody could write it down. */
export async function formerPort(dataDirectory: string): Promise<number | null> {
  const port = Number(await readIfPresent(join(dataDirectory, FILE)))
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null
}

/** Notes the port. A disk that takes nothing does not keep a server from running. Call it under the lock. */
export async function notePort(dataDirectory: string, port: number): Promise<void> {
  if ((await formerPort(dataDirectory)) === port) return
  await writeDurably(join(dataDirectory, FILE), `${port}\n`, 0o644).catch(() => undefined)
}

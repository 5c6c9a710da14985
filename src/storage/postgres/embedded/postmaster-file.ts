import { join } from 'node:path'
import { readIfPresent } from './durable-file.ts'

/** What a server writes about itself into its cluster. It stays behind when the server is killed. */
export interface PostmasterFile {
  readonly pid: number
  /** The TCP port; null while the server has not said it yet. */
  readonly port: number | null
  /** How far the server is; `ready` accepts connections. */
  readonly status: 'starting' | 'ready' | 'stopping'
}

/** The cluster's `postmaster.pid`, or null when there is none that names a process. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  const text = await readIfPresent(join(cluster, 'postmaster.pid'))
  return text === null ? null : parsePostmasterFile(text)
}

/** By line: pid, cluster, start time, port, socket folder, address, shared memory, status. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n').map((line) => line.trim())
  const pid = positive(lines[0])
  if (pid === null) return null
  const status = lines[7] === 'ready' || lines[7] === 'stopping' ? lines[7] : 'starting'
  return { pid, port: positive(lines[3]), status }
}

function positive(text: string | undefined): number | null {
  const number = Number(text)
  return Number.isSafeInteger(number) && number > 0 ? number : null
}

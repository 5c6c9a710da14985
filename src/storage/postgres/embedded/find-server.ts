import { setTimeout as sleep } from 'node:timers/promises'
import type { Secret } from '../../../lib/secret.ts'
import { failure } from './failure.ts'
import { isPostgresServer } from './is-postgres-server.ts'
import { ping } from './ping.ts'
import { type PostmasterFile, readPostmasterFile } from './postmaster-file.ts'

/** A server that answered as ours. */
export interface Server {
  readonly pid: number
  readonly port: number
  /** `18.4` */
  readonly version: string
}

const POLL_MS = 20
/** A server that says `ready` listens. When nobody does, its file is stale and another process has its pid. */
const REFUSED_LIMIT_MS = 2_000

/**
 * The server that runs on the cluster. One that is still starting, recovering or stopping is waited for.
 * Gives null with the stale file, if any, when none runs. Throws `ledger_unavailable` when one runs and never answers.
 */
export async function findServer(
  cluster: string,
  password: Secret,
  timeoutMs = 120_000,
): Promise<{ readonly server: Server } | { readonly server: null; readonly stale: PostmasterFile | null }> {
  const begin = performance.now()
  let refusedSince: number | null = null
  for (;;) {
    const file = await readPostmasterFile(cluster)
    if (file === null || !(await isPostgresServer(file.pid))) return { server: null, stale: file }
    let why = `it is ${file.status}`
    if (file.status === 'ready' && file.port !== null) {
      const answer = await ping(file.port, password, cluster)
      if (answer.kind === 'ours') return { server: { pid: file.pid, port: file.port, version: answer.version } }
      if (answer.kind === 'foreign') return { server: null, stale: file }
      if (answer.kind === 'refused') {
        refusedSince ??= performance.now()
        if (performance.now() - refusedSince > REFUSED_LIMIT_MS) return { server: null, stale: file }
      } else {
        refusedSince = null
        why = answer.why
      }
    }
    if (performance.now() - begin > timeoutMs) {
      throw failure(
        `The PostgreSQL of ${cluster} runs as process ${file.pid} and has not answered for ` +
          `${Math.round(timeoutMs / 1000)} s (${why}). Try again later, or end that process.`,
      )
    }
    await sleep(POLL_MS)
  }
}

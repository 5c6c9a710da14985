import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, isAlive } from '../../../lib/process-identity.ts'
import type { Secret } from '../../../lib/secret.ts'
import { failure } from './failure.ts'
import type { Server } from './find-server.ts'
import { countConnections } from './ping.ts'

const POLL_MS = 20
const STOP_TIMEOUT_MS = 60_000
/** A connection that was just closed on our side is listed for some milliseconds more. */
const CONNECTIONS_LINGER_MS = 1_000

/** Whether anybody is still connected, after connections that are just closing had time to go. */
export async function isConnectedTo(server: Server, password: Secret): Promise<boolean> {
  const deadline = performance.now() + CONNECTIONS_LINGER_MS
  // A server that has no connection left for the question is in use as well.
  while ((await countConnections(server.port, password).catch(() => 1)) > 0) {
    if (performance.now() > deadline) return true
    await sleep(POLL_MS)
  }
  return false
}

/** Stops the server (PostgreSQL's fast shutdown: open transactions are rolled back) and waits until it has ended. */
export async function stopServer(server: Server): Promise<void> {
  const identity = identityOf(server.pid)
  if (identity === null) return
  try {
    process.kill(server.pid, 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
  const deadline = performance.now() + STOP_TIMEOUT_MS
  while (isAlive(identity)) {
    if (performance.now() > deadline) {
      throw failure(`PostgreSQL (process ${server.pid}) has been stopping for ${STOP_TIMEOUT_MS / 1000} s and goes on.`)
    }
    await sleep(POLL_MS)
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Secret } from '../../../lib/secret.ts'
import type { Account } from './account.ts'
import { failure, programFailure } from './failure.ts'
import { findServer, type Server } from './find-server.ts'
import { ping } from './ping.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { accountOptions } from './run-program.ts'
import { openServerLog } from './server-log.ts'
import { HOST, serverArguments } from './settings.ts'

const POLL_MS = 15
/** How long a server may take to recover. */
const READY_TIMEOUT_MS = 120_000
/** How long to try again while what blocks a start passes by itself. */
const RETRY_MS = 15_000

const PASSING = /Address already in use|pre-existing shared memory block|lock file "postmaster\.pid"|ended by SIG/

/** What a server is started with. */
export interface Start {
  /** The folder with `postgres`. */
  readonly binaries: string
  readonly cluster: string
  readonly account: Account | null
  readonly password: Secret
  /** The file that the server logs to; opened here, so the account need not reach it. */
  readonly logPath: string
  /** The port it had before, if any: connection pools that know it find it again. */
  readonly formerPort: number | null
  /** The pid in a `postmaster.pid` that was found to be stale. */
  readonly stalePid: number | null
}

/**
 * Starts a server that outlives this process, and waits until it answers. Call it under the lock, when none runs.
 *
 * Tried again, for some seconds: a port that somebody took meanwhile (with another one); the shared memory of a killed
 * server, in use until the last of its processes has ended; a server that a killed process had started a moment ago,
 * which is then the one to use; and a server that somebody kills while it starts.
 */
export async function startServer(start: Start): Promise<Server> {
  const deadline = performance.now() + RETRY_MS
  let port = start.formerPort ?? (await freePort())
  for (;;) {
    const { server, said } = await attempt(start, port)
    if (server !== null) return server
    const passing = PASSING.exec(said)
    if (passing === null || performance.now() > deadline) {
      throw programFailure(`PostgreSQL did not start on ${start.cluster}; its log is ${start.logPath}.`, said)
    }
    if (passing[0] === 'Address already in use') port = await freePort()
    else await sleep(100)
    const other = await findServer(start.cluster, start.password)
    if (other.server !== null) return other.server
  }
}

async function attempt(start: Start, port: number): Promise<{ server: Server | null; said: string }> {
  const log = await openServerLog(start.logPath)
  try {
    const options = accountOptions(start.account)
    const child = spawn(join(start.binaries, 'postgres'), serverArguments(start.cluster, port), {
      ...options,
      // A stale pid may by now belong to any process, and PostgreSQL then thinks that a server runs. This variable,
      // meant for pg_ctl, names one pid that is not taken for a server; all its other checks stay.
      env: start.stalePid === null ? options.env : { ...options.env, PG_GRANDPARENT_PID: String(start.stalePid) },
      detached: true,
      stdio: ['ignore', log.descriptor, log.descriptor],
    })
    const end = endOf(child)
    child.unref()
    const server = await ready(start, child, end)
    return { server, said: server === null ? `${await log.written()}\n${await end.happened}` : '' }
  } finally {
    await log.close()
  }
}

/** The server once it answers; null when it ended before. */
async function ready(start: Start, child: ChildProcess, end: End): Promise<Server | null> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    if (await Promise.race([end.happened, sleep(POLL_MS, null)])) return null
    const file = await readPostmasterFile(start.cluster)
    if (file?.pid !== child.pid || file?.status !== 'ready' || file.port === null) continue
    const answer = await ping(file.port, start.password, start.cluster)
    if (answer.kind === 'ours') return { pid: file.pid, port: file.port, version: answer.version }
    if (answer.kind === 'foreign') {
      throw failure(
        `The PostgreSQL of ${start.cluster} does not accept the password in postgres-password: restore that file.`,
      )
    }
  }
  throw failure(
    `PostgreSQL has been starting on ${start.cluster} for ${READY_TIMEOUT_MS / 1000} s and goes on; it may be ` +
      `recovering after a crash. Try again in a while; its log is ${start.logPath}.`,
  )
}

interface End {
  /** Why the process ended, once it has. */
  readonly happened: Promise<string>
}

function endOf(child: ChildProcess): End {
  return {
    happened: new Promise((resolve) => {
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `postgres: exit status ${code}` : `postgres: ended by ${signal}`),
      )
      child.once('error', (error) => resolve(error.message))
    }),
  }
}

/** A port that is free at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { identityOf } from '../../src/lib/process-identity.ts'
import { isPostgresServer } from '../../src/storage/postgres/embedded/is-postgres-server.ts'
import { readPostmasterFile } from '../../src/storage/postgres/embedded/postmaster-file.ts'

/*
 * The PostgreSQL of a data directory, seen and harmed from outside. It is never asked through the gateways: what they say of themselves is not evidence.
 */

const run = promisify(execFile)

/** One row of an answer. */
export type Row = Readonly<Record<string, unknown>>

/** The database behind the gateways. */
export interface Database {
  /** Its server's process; null when none runs. */
  pid(): Promise<number | null>
  /** Sends the server's process a signal; says whether there was one. */
  signal(signal: 'SIGKILL' | 'SIGQUIT'): Promise<boolean>
  /** Kills one process that serves a connection: the server then ends all others and recovers by itself. */
  killOneBackend(): Promise<void>
  /** Stops the server and all its processes in their tracks, or lets them go on. */
  hang(): Promise<void>
  goOn(): Promise<void>
  /** Asks several questions about one and the same moment. Rejects when the server does not answer. */
  ask(...statements: readonly Question[]): Promise<readonly (readonly Row[])[]>
  /** Changes something for the eyes of the test alone. */
  run(statement: string): Promise<void>
  /** Leaves: no connection of ours stays. */
  leave(): Promise<void>
  /** Ends the server at once, if it still runs. */
  end(): Promise<void>
}

/** A statement and its parameters. */
export interface Question {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** The database of a data directory. It need not run yet. */
export function databaseOf(dataDir: string): Database {
  const cluster = join(dataDir, 'postgres')
  let client: pg.Client | null = null
  let hanging: readonly number[] = []

  async function pid(): Promise<number | null> {
    const found = (await readPostmasterFile(cluster))?.pid
    return found !== undefined && (await isPostgresServer(found)) ? found : null
  }

  async function connection(): Promise<pg.Client> {
    if (client) return client
    const file = await readPostmasterFile(cluster)
    const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim()
    const fresh = new pg.Client({
      host: '127.0.0.1',
      port: file?.port ?? 0,
      user: 'headgate',
      database: 'headgate',
      password,
      ssl: false,
      connectionTimeoutMillis: 5_000,
      query_timeout: 20_000,
    })
    fresh.on('error', () => forget(fresh))
    await fresh.connect()
    client = fresh
    return fresh
  }

  function forget(one: pg.Client): void {
    if (client === one) client = null
    void one.end().catch(() => undefined)
  }

  async function goOn(): Promise<void> {
    for (const one of hanging) send(one, 'SIGCONT')
    hanging = []
  }

  return {
    pid,
    goOn,
    async signal(signal) {
      const server = await pid()
      return server !== null && send(server, signal)
    },
    async killOneBackend() {
      const [rows] = await this.ask({
        text: `select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1`,
      })
      const victim = rows?.[0]?.pid
      if (typeof victim === 'number') send(victim, 'SIGKILL')
    },
    async hang() {
      const server = await pid()
      if (server === null) return
      // First the one that begins the others: while it is stopped, no new ones come.
      send(server, 'SIGSTOP')
      const children = (await processes()).filter(({ parent }) => parent === server)
      hanging = [server, ...children.map((child) => child.pid)]
      for (const one of hanging) send(one, 'SIGSTOP')
    },
    async ask(...statements) {
      const open = await connection()
      try {
        await open.query('begin transaction isolation level repeatable read read only')
        const answers: (readonly Row[])[] = []
        for (const { text, values } of statements) answers.push((await open.query(text, [...(values ?? [])])).rows)
        await open.query('commit')
        return answers
      } catch (error) {
        forget(open)
        throw error
      }
    },
    async run(statement) {
      await (await connection()).query(statement)
    },
    async leave() {
      const open = client
      client = null
      await open?.end().catch(() => undefined)
    },
    async end() {
      await goOn()
      // Whoever has this folder in its command line is ours: the server, even one that has written nothing yet, and programs on its way.
      for (const { pid: one, command } of await processes()) {
        if (!command.includes(dataDir) || !/\b(postgres|initdb)\b/.test(command)) continue
        send(one, command.includes('initdb') ? 'SIGKILL' : 'SIGQUIT')
        while (identityOf(one) !== null) await sleep(10)
      }
    },
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

async function processes(): Promise<readonly Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,args='], { maxBuffer: 16 * 1024 * 1024 })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? []
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
}

/*
 * What the tests of the embedded server share: folders, other processes, and the certainty that nothing stays behind.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { identityOf } from '../../../lib/process-identity.ts'
import { isPostgresServer } from './is-postgres-server.ts'
import type { Machine } from './machine.ts'
import type { EmbeddedPostgres } from './open.ts'
import { readPostmasterFile } from './postmaster-file.ts'

/** A folder for one test that every account may pass through. */
export async function makeFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'headgate-postgres-')))
  await chmod(folder, 0o755)
  return folder
}

/** Ends every server whose cluster is in the folder or one or two folders below it. */
export async function endServers(folder: string, depth = 2): Promise<void> {
  const pid = (await readPostmasterFile(folder))?.pid
  if (pid !== undefined && (await isPostgresServer(pid))) {
    process.kill(pid, 'SIGQUIT')
    await gone(pid)
  }
  if (depth === 0) return
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await endServers(join(folder, entry.name), depth - 1)
  }
}

/** Ends the servers and removes the folder. */
export async function removeFolder(folder: string): Promise<void> {
  await endServers(folder)
  await rm(folder, { recursive: true, force: true, maxRetries: 20 })
}

/** Resolves once the process has ended. */
export async function gone(pid: number): Promise<void> {
  while (identityOf(pid) !== null) await sleep(5)
}

/** Resolves once the folder holds a path that starts so. */
export async function appearance(folder: string, prefix: string): Promise<void> {
  const [inside, beginning] = [join(folder, dirname(prefix)), basename(prefix)]
  while (!(await readdir(inside).catch(() => [])).some((name) => name.startsWith(beginning))) await sleep(1)
}

/** The rows of one statement. */
export async function ask(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url, ssl: false })
  client.on('error', () => {}) // the server may be killed meanwhile; the statement then fails
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

/** Another process that opens a data directory. */
export interface Opener {
  readonly child: ChildProcess
  /** What the other process got, once it got it. */
  opened(): Promise<EmbeddedPostgres>
  /** Has it close, and resolves when it has ended by itself. */
  close(): Promise<void>
  /** Kills it with a signal that it cannot notice. */
  kill(): Promise<void>
}

/** Starts the other process; `as` makes it give up root for that account before it opens. */
export function opener(dataDir: string, machine: Machine, as?: { uid: number; gid: number }): Opener {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', OPENER], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true, // a group of its own, which can be killed as one
  })
  child.stdin.write(`${JSON.stringify({ module: new URL('./open.ts', import.meta.url).href, dataDir, machine, as })}\n`)
  const ended = once(child, 'exit')
  const line = once(createInterface({ input: child.stdout }), 'line')
  return {
    child,
    async opened() {
      const first: unknown[] = await Promise.race([line, ended])
      if (typeof first[0] !== 'string') throw new Error(`the other process ended early: ${first}`)
      return JSON.parse(first[0])
    },
    async close() {
      child.stdin.write('close\n')
      const [code] = await ended
      if (code !== 0) throw new Error(`the other process ended with ${code}`)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

const OPENER = `
import { createInterface } from 'node:readline'
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { module, dataDir, machine, as } = JSON.parse((await lines.next()).value)
const { openEmbeddedPostgres } = await import(module)
if (as) {
  process.setgroups([])
  process.setgid(as.gid)
  process.setuid(as.uid)
}
const opened = await openEmbeddedPostgres({ dataDir, machine })
console.log(JSON.stringify(opened))
await lines.next()
await opened.close()
process.exit(0)
`

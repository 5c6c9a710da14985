import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { identityOf } from '../../../lib/process-identity.ts'
import { binaryTree } from './binary-tree.ts'
import { type Machine, thisMachine } from './machine.ts'
import { appearance, ask, endServers, gone, makeFolder, type Opener, opener, removeFolder } from './open.contract.ts'
import { type EmbeddedPostgres, openEmbeddedPostgres } from './open.ts'

let folder: string
/** A database with a table `facts` that the tests share, each of which leaves it stopped. */
let dataDir: string
let machine: Machine
const handles: EmbeddedPostgres[] = []
const others: Opener[] = []

beforeAll(async () => {
  // One copy of the programs for all tests; the first test makes its own, as users do.
  folder = await makeFolder()
  const { packageDirectory, programDirectories } = thisMachine()
  const directories =
    packageDirectory === null ? programDirectories : [await binaryTree(packageDirectory, folder, false)]
  machine = { packageDirectory: null, programDirectories: directories, systemDirectory: join(folder, 'system') }
  dataDir = join(folder, 'data')
  const made = await open()
  await ask(made.url, 'create table facts as select 7 as id')
  await made.close()
})

afterEach(async () => {
  await Promise.all(handles.splice(0).map((handle) => handle.close().catch(() => {})))
  await Promise.all(others.splice(0).map((other) => other.kill()))
  await endServers(folder)
})

afterAll(() => removeFolder(folder))

const open = async (from = dataDir) => {
  const handle = await openEmbeddedPostgres({ dataDir: from, machine })
  handles.push(handle)
  return handle
}
const start = (from = dataDir) => {
  const other = opener(from, machine)
  others.push(other)
  return other
}
const crash = async (server: EmbeddedPostgres) => {
  process.kill(server.pid, 'SIGKILL')
  await gone(server.pid)
}
const setting = async (url: string, name: string) => (await ask(url, `show ${name}`))[0]?.[name]

test('makes a durable server on loopback, behind a password that only its owner can read', async () => {
  const messages: string[] = []
  const fresh = join(folder, 'durable')
  const db = await openEmbeddedPostgres({
    dataDir: fresh,
    machine: { ...thisMachine(), systemDirectory: machine.systemDirectory },
    log: (message) => messages.push(message),
  })
  expect(db.url).toMatch(/^postgres:\/\/headgate:[\w-]{32}@127\.0\.0\.1:\d+\/headgate$/)
  expect(db.adopted).toBe(false)
  expect(db.version).toMatch(/^\d+\.\d+$/)
  expect(messages).toEqual([expect.stringContaining('making'), `started PostgreSQL ${db.version} (process ${db.pid})`])

  expect(await setting(db.url, 'fsync')).toBe('on')
  expect(await setting(db.url, 'full_page_writes')).toBe('on')
  expect(await setting(db.url, 'synchronous_commit')).toBe('on')
  expect(await setting(db.url, 'data_checksums')).toBe('on')
  expect(await setting(db.url, 'listen_addresses')).toBe('127.0.0.1')
  expect(await setting(db.url, 'unix_socket_directories')).toBe('')
  expect(await setting(db.url, 'TimeZone')).toBe('UTC')
  expect(await ask(db.url, 'select rolsuper from pg_roles where rolname = current_user')).toEqual([{ rolsuper: false }])
  await ask(db.url, 'create table facts (id int primary key)')

  expect((await stat(join(fresh, 'postgres-password'))).mode & 0o777).toBe(0o600)
  const wrong = new URL(db.url)
  wrong.password = 'guessed'
  await expect(ask(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  await db.close()
})

test('adopts the running server and stops it when the last one closes', async () => {
  const first = await open()
  const second = await openEmbeddedPostgres({ dataDir: `${dataDir}/../data`, machine })
  expect(second).toMatchObject({ pid: first.pid, url: first.url, adopted: true })
  await second.close()
  await second.close()
  expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await first.close()
  expect(identityOf(first.pid)).toBeNull()
})

test('keeps its data and its address when the server is killed in the middle of a query', async () => {
  const db = await open()
  await ask(db.url, 'insert into facts values (8)')
  // What computes does not notice the death of the server, and holds its shared memory, until it is done.
  const busy = ask(db.url, 'select count(*) from generate_series(1, 4000000)').catch(() => {})
  const computing = "select 1 from pg_stat_activity where state = 'active' and query like '%generate_series(1%'"
  while ((await ask(db.url, `${computing} and pid <> pg_backend_pid()`)).length === 0);
  await crash(db)
  const again = await db.ensureRunning()
  expect(again).toBe(db.url)
  expect(await db.ensureRunning()).toBe(db.url)
  expect(await ask(again, 'select id from facts')).toEqual(expect.arrayContaining([{ id: 7 }, { id: 8 }]))
  await busy
  await db.close()
  await expect(ask(db.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('keeps its data when the server, all its processes and its user are killed', async () => {
  const other = start()
  const db = await other.opened()
  await ask(db.url, 'insert into facts values (9)')
  const pids = (await ask(db.url, 'select pid from pg_stat_activity')).map((row) => Number(row.pid))
  for (const pid of [db.pid, ...pids]) if (identityOf(pid)) process.kill(pid, 'SIGKILL')
  await other.kill()
  const again = await open()
  expect(again.adopted).toBe(false)
  expect(await ask(again.url, 'select id from facts')).toEqual(expect.arrayContaining([{ id: 7 }, { id: 9 }]))
  await again.close()
  expect(identityOf(again.pid)).toBeNull()
})

test('four processes that start at once share one server, which the last to leave stops', async () => {
  const fresh = join(folder, 'shared')
  const processes = [start(fresh), start(fresh), start(fresh), start(fresh)]
  const opened = await Promise.all(processes.map((other) => other.opened()))
  expect(new Set(opened.map(({ url, pid }) => `${url} ${pid}`)).size).toBe(1)
  expect(opened.filter(({ adopted }) => !adopted)).toHaveLength(1)
  const { url = '', pid = 0 } = opened[0] ?? {}
  await Promise.all(processes.slice(1).map((other) => other.close()))
  expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }])
  await processes[0]?.close()
  expect(identityOf(pid)).toBeNull()
})

test('outlives its killed starter and all the group of it, which then no longer counts as a user', async () => {
  const other = start()
  const { pid } = await other.opened()
  process.kill(-Number(other.child.pid), 'SIGKILL')
  await other.kill()
  const db = await open()
  expect(db).toMatchObject({ pid, adopted: true })
  await db.close()
  expect(identityOf(pid)).toBeNull()
})

test('does not stop under a connection, whoever holds it', async () => {
  const db = await open()
  const guest = new Client({ connectionString: db.url })
  await guest.connect()
  await db.close()
  expect((await guest.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await guest.end()
  await (await open()).close()
  expect(identityOf(db.pid)).toBeNull()
})

test('a first start that is killed at any moment does not hinder the next', async () => {
  const fresh = join(folder, 'interrupted')
  for (const moment of [
    'postgres.lock',
    'postgres-password',
    'postgres.draft-',
    'postgres',
    'postgres/postmaster.pid',
  ]) {
    const other = start(fresh)
    await appearance(fresh, moment)
    await other.kill()
  }
  // The initdb of a killed start may have gone on writing when the next one had its cluster already.
  await mkdir(join(fresh, 'postgres.draft-0123456789ab'), { recursive: true })
  const db = await open(fresh)
  expect(await ask(db.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await db.close()
  expect(identityOf(db.pid)).toBeNull()
  expect((await readdir(fresh)).toSorted()).toEqual([
    'postgres',
    'postgres-password',
    'postgres-port',
    'postgres-users',
    'postgres.log',
  ])
  expect(await readdir(join(fresh, 'postgres-users'))).toEqual([])
})

test('a stale pid that now belongs to another process of the same account does not block the start', async () => {
  const db = await open()
  await crash(db)
  const { uid, gid } = await stat(join(dataDir, 'postgres'))
  const stranger = spawn('/bin/sleep', ['600'], process.geteuid?.() === 0 ? { uid, gid } : {})
  const file = join(dataDir, 'postgres', 'postmaster.pid')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(stranger.pid)))
  expect(await db.ensureRunning()).toBe(db.url)
  await db.close()
  expect(stranger.exitCode).toBeNull()
  stranger.kill()
})

test.each(['SIGINT', 'SIGQUIT'] as const)('keeps its port when somebody else stops the server: %s', async (signal) => {
  const db = await open()
  process.kill(db.pid, signal)
  await gone(db.pid)
  expect(await db.ensureRunning()).toBe(db.url)
  await db.close()
})

test('moves to another port when its own was taken meanwhile', async () => {
  const db = await open()
  await crash(db)
  const taken = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => taken.listen(Number(new URL(db.url).port), '127.0.0.1', resolve))
  const url = await db.ensureRunning()
  expect(url).not.toBe(db.url)
  expect(await ask(url, 'select id from facts')).toContainEqual({ id: 7 })
  taken.close()
  await db.close()
})

test('tries again when somebody kills the server while it starts', async () => {
  const directory = machine.programDirectories[0] ?? ''
  const fragile = join(folder, 'fragile')
  await mkdir(fragile)
  await symlink(join(directory, 'initdb'), join(fragile, 'initdb'))
  const script = `#!/bin/sh
if [ "$1" = -D ] && [ ! -e "$2/killed" ]; then touch "$2/killed"; kill -9 $$; fi
exec '${join(directory, 'postgres')}' "$@"
`
  await writeFile(join(fragile, 'postgres'), script)
  await chmod(join(fragile, 'postgres'), 0o755)
  const db = await openEmbeddedPostgres({ dataDir, machine: { ...machine, programDirectories: [fragile] } })
  handles.push(db)
  expect((await stat(join(dataDir, 'postgres', 'killed'))).isFile()).toBe(true)
  expect(await ask(db.url, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a copied data directory gets a server of its own', async () => {
  const db = await open()
  const copy = join(folder, 'copy')
  await promisify(execFile)('/bin/cp', ['-R', dataDir, copy])
  const copied = await open(copy)
  expect(copied.adopted).toBe(false)
  expect(copied.pid).not.toBe(db.pid)
  expect(identityOf(db.pid)).not.toBeNull()
  await db.close()
})

test('a server that does not start says why in its own words', async () => {
  const settings = join(dataDir, 'postgres', 'postgresql.conf')
  const before = await readFile(settings, 'utf8')
  await writeFile(settings, `${before}\nno_such_setting = 1\n`)
  const refused = open()
  await expect(refused).rejects.toBeInstanceOf(GatewayError)
  await expect(refused).rejects.toMatchObject({ code: 'ledger_unavailable' })
  await expect(refused).rejects.toThrow(/postgres\.log\. PostgreSQL said:\n.*"no_such_setting"/)
  await writeFile(settings, before)
  await (await open()).close()
})

test('a lost password is not replaced', async () => {
  await rename(join(dataDir, 'postgres-password'), join(folder, 'password'))
  await expect(open()).rejects.toThrow(/password of the database is missing: restore .*postgres-password/)
  await rename(join(folder, 'password'), join(dataDir, 'postgres-password'))
  await (await open()).close()
})

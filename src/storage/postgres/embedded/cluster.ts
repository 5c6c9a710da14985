import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secret } from '../../../lib/secret.ts'
import type { Binaries } from './binaries.ts'
import { readIfPresent, syncFolder } from './durable-file.ts'
import { failure, programFailure } from './failure.ts'
import type { Location } from './location.ts'
import { runProgram } from './run-program.ts'
import { CLIENT_AUTHENTICATION, DATABASE, INITDB_ARGUMENTS, ROLE } from './settings.ts'

const DRAFT = 'postgres.draft-'

/** The major version of the cluster, or null when there is none yet. */
export async function clusterMajor({ cluster }: Location): Promise<number | null> {
  const text = await readIfPresent(join(cluster, 'PG_VERSION'))
  if (text !== null) return Number.parseInt(text, 10)
  const content = await readdir(cluster).catch(() => [])
  if (content.length > 0)
    throw failure(`${cluster} is not a PostgreSQL cluster: PG_VERSION is missing. Restore or remove it.`)
  return null
}

/**
 * Makes the cluster with its role and database. It is made under another name and renamed when it is complete and on
 * disk, so whoever dies half way leaves a draft and no cluster. Call it under the lock.
 */
export async function createCluster(location: Location, binaries: Binaries, password: Secret): Promise<void> {
  const { home, cluster, account } = location
  const draft = join(home, `${DRAFT}${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(draft, { mode: 0o700 })
    if (account !== null) await chown(draft, account.uid, account.gid)
    const initdb = join(binaries.directory, 'initdb')
    const made = await runProgram({ file: initdb, args: [...INITDB_ARGUMENTS, '-D', draft], account })
    if (!made.ok) throw programFailure(`A new database could not be made in ${home}.`, made.output)
    await writeFile(join(draft, 'pg_hba.conf'), CLIENT_AUTHENTICATION)
    // The server alone, without connections: nobody can come in before the password is there.
    const filled = await runProgram({
      file: join(binaries.directory, 'postgres'),
      args: ['--single', '-D', draft, '-c', 'exit_on_error=on', 'postgres'],
      account,
      input: firstStatements(password),
    })
    if (!filled.ok) throw programFailure(`The role and the database could not be made in ${home}.`, filled.output)
    await rename(draft, cluster)
    await syncFolder(home)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

/** One statement a line. The password is ours, of URL-safe letters: nothing to quote. */
function firstStatements(password: Secret): string {
  return [
    `CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD '${password.reveal()}'`,
    `GRANT pg_monitor TO ${ROLE}`,
    `CREATE DATABASE ${DATABASE} OWNER ${ROLE}`,
    '',
  ].join('\n')
}

/** Removes what creations left that were killed half way. Call it under the lock. */
export async function removeDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(DRAFT)) continue
    // An initdb whose starter was killed may still be writing there; then the next start removes it.
    await rm(join(home, name), { recursive: true, force: true }).catch(() => {})
  }
}

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityOf, isAlive, parseIdentity } from '../../../lib/process-identity.ts'
import { readIfPresent } from './durable-file.ts'

/** One opening of the database, as a file in the data directory that says which process it belongs to. */
export interface User {
  /** Signs off; does nothing the second time. */
  leave(): Promise<void>
}

/** Signs this process on as a user of the data directory's server. Call it under the lock, as everything here. */
export async function signOn(dataDirectory: string): Promise<User> {
  const folder = usersFolder(dataDirectory)
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${process.pid}-${randomBytes(6).toString('hex')}.json`)
  await writeFile(path, JSON.stringify(identityOf(process.pid)), { flag: 'wx' })
  return { leave: () => rm(path, { force: true }) }
}

/** How many openings of living processes there are. What dead ones left is removed. */
export async function countUsers(dataDirectory: string): Promise<number> {
  const folder = usersFolder(dataDirectory)
  let living = 0
  for (const name of await readdir(folder)) {
    const identity = parseIdentity((await readIfPresent(join(folder, name))) ?? '')
    if (identity !== null && isAlive(identity)) living += 1
    else await rm(join(folder, name), { force: true })
  }
  return living
}

function usersFolder(dataDirectory: string): string {
  return join(dataDirectory, 'postgres-users')
}

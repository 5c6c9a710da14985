import { readFileSync } from 'node:fs'
import { lchown, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure } from './failure.ts'

/** An account of the system, by its numbers. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Whether this process is root, under which PostgreSQL refuses to run. */
export function runningAsRoot(): boolean {
  return process.geteuid?.() === 0
}

/** The unprivileged account that root runs PostgreSQL under: `postgres` when there is one, else `nobody`. */
export function unprivilegedAccount(passwd: string = readFileSync('/etc/passwd', 'utf8')): Account {
  for (const wanted of ['postgres', 'nobody']) {
    for (const line of passwd.split('\n')) {
      const [name, , uid, gid] = line.split(':')
      if (name !== wanted || !uid || !gid) continue
      // Where `nobody` is written as -2 the system means the unsigned number.
      const account = { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
      if (account.uid !== 0) return account
    }
  }
  throw failure(
    'PostgreSQL does not run as root, and /etc/passwd has neither an account "postgres" nor "nobody" to run it under. ' +
      'Start Headgate as another user, add one of these accounts, or set storage.url to a postgres:// URL.',
  )
}

/** The first of the folders on the way to `path`, itself included, that the account may not enter; null when it may all. */
export async function closedFolder(path: string, account: Account): Promise<string | null> {
  const onTheWay: string[] = [path]
  for (let at = path; dirname(at) !== at; at = dirname(at)) onTheWay.unshift(dirname(at))
  for (const folder of onTheWay) {
    const { mode, uid, gid } = await stat(folder)
    const enter = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & enter) === 0) return folder
  }
  return null
}

/** Gives a folder and all in it to the account, links themselves and not what they point to. */
export async function giveTo(account: Account, path: string): Promise<void> {
  await lchown(path, account.uid, account.gid)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) await giveTo(account, child)
    else await lchown(child, account.uid, account.gid)
  }
}

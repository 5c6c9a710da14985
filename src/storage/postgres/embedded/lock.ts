/*
 * A lock between processes of one machine, as a file.
 *
 * Taking it: the whole file, owner included, is written under another name and then hard-linked to the lock's name.
 * `link` refuses an existing name, so exactly one process wins, and there is no instant at which the lock exists
 * without saying who owns it: kill -9 at any moment leaves either no lock or one whose owner is known to be dead.
 *
 * Taking it over from a dead owner is the hard part. If two processes both read "dead", the slower one must not remove
 * the lock that the faster one has meanwhile taken. So whoever wants to remove the lock of a dead owner first takes a
 * lock *on that removal*, named after the dead owner's token, and looks again: only if the lock still says the same may
 * it go. That lock on a removal is an ordinary one and can be taken over in the same way when its owner dies in turn.
 * Once the dead lock is gone its token never returns, so what is left over of such removals means nothing to anybody,
 * and the next owner sweeps it away.
 */
import { randomBytes } from 'node:crypto'
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, isAlive, parseIdentity } from '../../../lib/process-identity.ts'
import { failure } from './failure.ts'

const POLL_MS = 25

/** How to wait for a lock. */
export interface LockOptions {
  /** How long to wait for a living owner; default three minutes. */
  readonly timeoutMs?: number
}

/**
 * Does the work while no other process of this machine, and no other caller in this one, holds the lock at `path`.
 * The folder must exist. A dead owner's lock is taken over. Throws `ledger_unavailable` when a living owner keeps it.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  return holding(path, options.timeoutMs ?? 180_000, async () => {
    await sweep(path)
    return work()
  })
}

async function holding<T>(path: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const token = randomBytes(6).toString('hex')
  const mine = JSON.stringify({ ...identityOf(process.pid), token })
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const held = await read(path)
    if (held === null) {
      if (await take(path, token, mine)) break
      continue
    }
    const owner = parseIdentity(held)
    if (owner === null || !isAlive(owner)) {
      await holding(`${path}.${tokenOf(held)}`, timeoutMs, async () => {
        if ((await read(path)) === held) await rm(path, { force: true })
      })
      continue
    }
    if (performance.now() > deadline) {
      throw failure(
        `Process ${owner.pid} has held ${path} for more than ${Math.round(timeoutMs / 1000)} s. ` +
          'Wait for it or end it; if no such process uses this data directory, delete the file.',
      )
    }
    await sleep(POLL_MS * (0.5 + Math.random()))
  }
  try {
    return await work()
  } finally {
    if ((await read(path)) === mine) await rm(path, { force: true })
  }
}

async function take(path: string, token: string, content: string): Promise<boolean> {
  const draft = `${path}.${token}.draft`
  await writeFile(draft, content, { flag: 'w', mode: 0o644 })
  try {
    await link(draft, path)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // ENOENT: the lock's owner swept the draft away; the next round writes it again.
    if (code === 'EEXIST' || code === 'ENOENT') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Removes drafts and removal locks that dead processes left. Call only as the owner: nobody acts on them then. */
async function sweep(path: string): Promise<void> {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  for (const name of await readdir(folder)) if (name.startsWith(prefix)) await rm(join(folder, name), { force: true })
}

/** What the lock says, or null when there is none. */
async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function tokenOf(held: string): string {
  return /"token":"([0-9a-f]{12})"/.exec(held)?.[1] ?? 'unreadable'
}

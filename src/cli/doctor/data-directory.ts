import { constants, type Stats } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Finding, fail, ok, warn } from './finding.ts'

const MB = 1024 * 1024
const LEAST_FREE_BYTES = 200 * MB
const FEW_FREE_BYTES = 1024 * MB

/** Looks at the directory of the embedded ledger: whether it can be used, who else can, and how much room there is. */
export async function checkDataDirectory(dataDir: string): Promise<readonly Finding[]> {
  const path = resolve(dataDir)
  const found = await stat(path).catch(() => null)
  const place = found ? path : await nearestFolder(path)
  return [...(found ? await existing(path, dataDir, found) : await missing(place, dataDir)), await freeSpace(place)]
}

async function existing(path: string, shown: string, found: Stats): Promise<readonly Finding[]> {
  const about = 'data directory'
  if (!found.isDirectory())
    return [fail(about, `${shown} is not a directory`, 'name another with --data or storage.url')]
  if (!(await mayWrite(path)))
    return [fail(about, `this user may not write to ${shown}`, `run as its owner, or chown it`)]
  const findings: Finding[] = []
  if ((found.mode & 0o022) !== 0) {
    findings.push(warn(about, `other users may write to ${shown}`, `chmod go-w ${shown}`))
  }
  const password = await stat(join(path, 'postgres-password')).catch(() => null)
  if (password && (password.mode & 0o077) !== 0) {
    const file = join(shown, 'postgres-password')
    findings.push(fail(about, `other users may read ${file}, which opens the ledger`, `chmod 600 ${file}`))
  }
  return findings.length > 0 ? findings : [ok(about, `${shown} is this user's alone to write`)]
}

async function missing(parent: string, shown: string): Promise<readonly Finding[]> {
  const about = 'data directory'
  if (await mayWrite(parent)) return [ok(about, `${shown} is not there yet and can be made`)]
  return [fail(about, `${shown} cannot be made: this user may not write to ${parent}`, 'name another with --data')]
}

async function freeSpace(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path)
  const bytes = bavail * bsize
  const says = `${bytes < 10_240 * MB ? `${Math.floor(bytes / MB)} MB` : `${Math.floor(bytes / MB / 1024)} GB`} free`
  const advice = 'make room: when the disk is full no call is admitted'
  if (bytes < LEAST_FREE_BYTES) return fail('disk', says, advice)
  return bytes < FEW_FREE_BYTES ? warn('disk', says, advice) : ok('disk', says)
}

async function nearestFolder(path: string): Promise<string> {
  let at = path
  while (at !== dirname(at) && !(await stat(at).catch(() => null))) at = dirname(at)
  return at
}

function mayWrite(path: string): Promise<boolean> {
  return access(path, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

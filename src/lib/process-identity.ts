import { readFileSync } from 'node:fs'

/** A process, so that another one that later gets the same pid is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the kernel's words; null where the system does not say (only Linux does). */
  readonly startedAt: string | null
}

/** The living process with this pid, or null. A process that is dead but not yet collected by its parent is dead. */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === null) return answersSignals(pid) ? { pid, startedAt: null } : null
  // `pid (name) state …`: the name may hold spaces and brackets, so count from the last bracket; the start is field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return null
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return { pid, startedAt: `${boot}/${fields[19]}` }
}

/** Whether exactly this process still lives. */
export function isAlive(process: ProcessIdentity): boolean {
  const now = identityOf(process.pid)
  if (now === null) return false
  return process.startedAt === null || now.startedAt === null || now.startedAt === process.startedAt
}

/** The identity in its written form, or null when the text is not one. */
export function parseIdentity(text: string): ProcessIdentity | null {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessIdentity>
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null
    return { pid, startedAt: typeof startedAt === 'string' ? startedAt : null }
  } catch {
    return null
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

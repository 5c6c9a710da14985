import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { identityOf } from '../../../lib/process-identity.ts'

/** Whether a living process with this pid is a PostgreSQL server (the one that accepts connections, not one it forked). */
export async function isPostgresServer(pid: number): Promise<boolean> {
  if (identityOf(pid) === null) return false
  const command = readText(`/proc/${pid}/cmdline`)?.split('\0')[0] ?? (await askProcessList(pid))
  return basename(command) === 'postgres'
}

function askProcessList(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile('/bin/ps', ['-o', 'comm=', '-p', String(pid)], (_error, output) => resolve(output.trim()))
  })
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { identityOf, isAlive, type ProcessIdentity } from '../lib/process-identity.ts'

/** Where this process runs, who it is there, and who else lives. */
export interface Host {
  /** Where a pid means something: the host's name and, on Linux, the pid namespace. */
  readonly machine: string
  readonly self: ProcessIdentity
  /** Whether exactly this process of the same machine still lives. */
  isAlive(process: ProcessIdentity): boolean
}

/** The machine that this process runs on. */
export function thisHost(): Host {
  return {
    machine: `${hostname()}/${pidNamespace()}`,
    self: identityOf(process.pid) ?? { pid: process.pid, startedAt: null },
    isAlive,
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

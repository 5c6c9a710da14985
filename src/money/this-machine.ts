import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Where a pid of this process means something: the host's name and, on Linux, the pid namespace. */
export function thisMachine(): string {
  return `${hostname()}/${pidNamespace()}`
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

import { isIP } from 'node:net'

/** Whether a host to listen on can be reached from this machine alone: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (name === 'localhost') return true
  if (isIP(name) === 4) return name.startsWith('127.')
  return isIP(name) === 6 && /^[0:]*:0*1$/.test(name)
}

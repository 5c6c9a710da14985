import { BlockList, isIP } from 'node:net'

const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6')
}

/** Whether an IP address is not one of the public internet: private, loopback, link-local, mapped, reserved. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return PRIVATE.check(address, 'ipv4')
  if (family === 6) return isMapped(address) || PRIVATE.check(address, 'ipv6')
  return true
}

/**
 * Why a URL that a caller supplied may not be fetched, by anybody on our behalf; null when it may. Only http and https, no user name, no
 * address outside the public internet in any spelling (decimal, octal, hexadecimal, IPv6-mapped), no local names.
 */
export function refusalOfUrl(text: string): string | null {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'it is not a URL'
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `the scheme ${url.protocol} is not allowed`
  if (url.username || url.password) return 'it holds a user name or password'
  // The URL parser has already turned every numeric spelling into dotted or bracketed form.
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase()
  if (isIP(host)) return isPrivateAddress(host) ? 'it points to a private address' : null
  if (!host.includes('.') || /(^|\.)(localhost|local|internal|localdomain|lan|home\.arpa|in-addr\.arpa)$/.test(host)) {
    return 'it points to a private name'
  }
  return null
}

/** IPv4 inside IPv6 is judged by us as private altogether: no public host needs that spelling. */
function isMapped(address: string): boolean {
  return /^::ffff:/i.test(address) || /^0*:0*:0*:0*:0*:ffff:/i.test(address)
}

import type { Server } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import type { Log } from '../gateway/log.ts'
import { systemClock } from '../lib/clock.ts'
import { isLoopbackHost } from '../lib/loopback.ts'

/**
 * How many connections each address has open. One more than `most` is closed at once. IPv6 is counted by network (/64), of which a single host has
 * all addresses; this machine's own connections are not counted.
 */
export class ConnectionCounts {
  readonly #most: number
  readonly #open = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Takes a new connection; false when its address has too many, and it is closed. */
  take(socket: Pick<Socket, 'remoteAddress' | 'once' | 'destroy'>): boolean {
    const from = networkOf(socket.remoteAddress ?? '')
    if (isLoopbackHost(from)) return true
    const open = this.#open.get(from) ?? 0
    if (open >= this.#most) {
      socket.destroy()
      return false
    }
    this.#open.set(from, open + 1)
    socket.once('close', () => this.#leave(from))
    return true
  }

  /** Addresses with connections. */
  get size(): number {
    return this.#open.size
  }

  #leave(from: string): void {
    const left = (this.#open.get(from) ?? 1) - 1
    if (left > 0) this.#open.set(from, left)
    else this.#open.delete(from)
  }
}

/** How often refused connections are told of. */
const TELL_EVERY_MS = 60_000

/** Closes connections of addresses that have more than `most` of them. */
export function limitConnections(server: Server, most: number, log: () => Log): void {
  const counts = new ConnectionCounts(most)
  let toldAt = Number.NEGATIVE_INFINITY
  server.on('connection', (socket: Socket) => {
    if (counts.take(socket) || systemClock.monotonic() - toldAt < TELL_EVERY_MS) return
    toldAt = systemClock.monotonic()
    const facts = { address: socket.remoteAddress, most }
    log().warn(facts, 'connections are closed: their address has server.connections_per_address of them')
  })
}

/** What connections are counted by. An IPv4 address may be written as an IPv6 one. */
function networkOf(address: string): string {
  const four = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (four) return four
  if (!isIPv6(address) || isLoopbackHost(address)) return address
  const [before = '', after] = address.split('%')[0]?.split('::') ?? []
  const head = before === '' ? [] : before.split(':')
  const tail = after ? after.split(':') : []
  const groups =
    after === undefined ? head : [...head, ...Array(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail]
  return `${groups.slice(0, 4).join(':')}::/64`
}

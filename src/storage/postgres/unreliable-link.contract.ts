import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/*
 * A TCP link to a server that can be frozen, cut and closed. For tests of what happens when the database is away; the name keeps it out
 * of the build.
 */

/** A link between clients and one server. */
export interface UnreliableLink {
  /** The URL with the link's own port. */
  readonly url: string
  /** Passes no more bytes, in either direction, like a stopped server: connections stand and nobody answers. */
  freeze(): void
  thaw(): void
  /** Resets every connection. */
  cut(): void
  /** Refuses new connections and resets those that stand; `open` takes it back. */
  close(): Promise<void>
  open(): Promise<void>
}

/** Opens a link to the server of a URL. */
export async function openLink(url: string): Promise<UnreliableLink> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let frozen = false
  const track = (socket: Socket, other: Socket) => {
    sockets.add(socket)
    if (frozen) socket.pause()
    socket.on('data', (bytes) => other.write(bytes))
    socket.on('error', () => other.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    track(near, far)
    track(far, near)
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const linked = new URL(url)
  linked.port = String(port)
  return {
    url: linked.href,
    freeze() {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    thaw() {
      frozen = false
      for (const socket of sockets) socket.resume()
    },
    cut,
    async close() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
    open: () => listen(port),
  }
}

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A server that says only what the test writes, byte for byte. */
export interface RawServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** The requests so far, as they came. */
  readonly requests: readonly string[]
  readonly connections: number
  /** The socket of the next request, once its head and as much body as it announces are here. */
  request(): Promise<Socket>
  /** The socket of the next connection, of which not a byte is read. */
  unread(): Promise<Socket>
  close(): Promise<void>
}

/** Starts a raw server on a free port. */
export async function startRawServer(): Promise<RawServer> {
  const requests: string[] = []
  const arrived: Socket[] = []
  const waiting: ((socket: Socket) => void)[] = []
  const sockets = new Set<Socket>()
  let unread: ((socket: Socket) => void) | null = null
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    socket.on('error', () => undefined)
    if (unread) {
      unread(socket)
      unread = null
      return
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const head = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (head === -1 || text.length < head + 4 + length) return
      requests.push(text)
      text = ''
      const take = waiting.shift()
      if (take) take(socket)
      else arrived.push(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    requests,
    get connections() {
      return sockets.size
    },
    request() {
      const socket = arrived.shift()
      return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve))
    },
    unread: () =>
      new Promise((resolve) => {
        unread = resolve
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

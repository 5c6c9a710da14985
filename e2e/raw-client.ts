import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One reply, cut out of the bytes of a connection. */
export interface RawReply {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** A client that writes its own bytes, so that it can say what no good client would. */
export class RawClient {
  readonly socket: Socket
  #text = ''

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
    })
  }

  static async to(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** A request with its body; the host is the server's own. */
  send(method: string, path: string, headers: readonly string[] = [], body: string | Buffer = ''): this {
    const lines = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', 'x-headgate-feature: test', ...headers]
    const framed = headers.some((header) => /^(content-length|transfer-encoding)/i.test(header))
    if (!framed && body.length > 0) lines.push(`content-length: ${Buffer.byteLength(body)}`)
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    this.socket.write(body)
    return this
  }

  /** The next whole reply. Rejects when the connection ends before. */
  async reply(): Promise<RawReply> {
    for (;;) {
      const found = this.#take()
      if (found) return found
      if (this.socket.destroyed || this.socket.readableEnded) throw new Error(`the connection ended: ${this.#text}`)
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close'), once(this.socket, 'end')])
    }
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    // A connection that is reset is closed too, and `once` would take the reset for an error of its own.
    if (!this.socket.destroyed) await new Promise((resolve) => this.socket.once('close', resolve))
  }

  #take(): RawReply | null {
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return null
    const head = this.#text.slice(0, end)
    const status = Number(head.slice(9, 12))
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    if (this.#text.length < end + 4 + length) return null
    const body = this.#text.slice(end + 4, end + 4 + length)
    this.#text = this.#text.slice(end + 4 + length)
    return { status, head, body }
  }
}

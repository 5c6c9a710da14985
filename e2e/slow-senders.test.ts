import { afterEach, describe, expect, it } from 'vitest'
import { startHttpServer } from '../src/server/http-server.ts'
import { RawClient } from './raw-client.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* A thousand clients that say a byte now and then, and never what they want. */

const DRIPPERS = 1_000

let running: Running
afterEach(() => running.stop())

const asking = JSON.stringify({ model: 'via-openai', messages: [{ role: 'user', content: 'Hi.' }] })

/** Clients that hold a half request open each: every second one its head, the others its body. */
async function drip(url: string): Promise<readonly RawClient[]> {
  const clients: RawClient[] = []
  for (let index = 0; index < DRIPPERS; index += 1) {
    const client = await RawClient.to(url)
    client.socket.on('error', () => undefined)
    client.socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n')
    if (index % 2 === 0) client.socket.write(`content-length: ${asking.length}\r\n\r\n{`)
    clients.push(client)
  }
  return clients
}

describe('clients that send drop by drop', { timeout: 60_000 }, () => {
  it('leave others unserved in nothing: calls, streams and probes', async () => {
    running = await startRunning()
    const drippers = await drip(running.url)
    const dropping = setInterval(() => {
      for (const { socket } of drippers) if (socket.writable) socket.write('x')
    }, 200)
    try {
      for (let round = 0; round < 5; round += 1) {
        const headers = { 'x-headgate-feature': 'test' }
        const reply = await fetch(`${running.url}/v1/chat/completions`, { method: 'POST', headers, body: asking })
        expect(reply.status).toBe(200)
        await reply.text()
        expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
      }
      expect(running.wall.calls).toHaveLength(5)
    } finally {
      clearInterval(dropping)
      for (const { socket } of drippers) socket.destroy()
    }
  })

  it('are told that it took too long, and closed, while a call that is being answered stays', async () => {
    running = await startRunning()
    running.wall.plan({ firstByteDelayMs: 1_500 })
    const engine = running.service.house.engine()
    const patience = { headersMs: 300, bodyMs: 600, bytesPerSecond: 1_000, lookEveryMs: 50 }
    const adminPlane = () => undefined
    const options = { host: '127.0.0.1', port: 0, maxBodyBytes: 10_000, engine: () => engine, adminPlane, patience }
    const server = await startHttpServer(options)
    const answered = await RawClient.to(server.url)
    answered.send('POST', '/v1/chat/completions', ['x-headgate-feature: test'], asking)
    const large = await RawClient.to(server.url)
    const filled = `${asking.slice(0, -1)}${' '.repeat(4_000)}}`
    large.socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nx-headgate-feature: test\r\ncontent-length: ${filled.length}\r\n\r\n`,
    )
    const head = await RawClient.to(server.url)
    head.socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\n')
    const body = await RawClient.to(server.url)
    body.socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${asking.length}\r\n\r\n{`,
    )
    const other = await RawClient.to(server.url)
    other.socket.write('POST /admin/v1/keys HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{')
    let sent = 0
    const dropping = setInterval(() => {
      for (const { socket } of [body, other]) if (socket.writable) socket.write(' ')
      // Takes longer than the time that every body has, at a rate that is fast enough.
      large.socket.write(filled.slice(sent, sent + 150))
      sent += 150
    }, 50)
    for (const client of [head, body, other]) {
      expect((await client.reply()).status).toBe(408)
      await client.closed()
    }
    expect((await large.reply()).status).toBe(200)
    clearInterval(dropping)
    large.socket.destroy()
    expect((await answered.reply()).status).toBe(200)
    answered.socket.destroy()
    await server.close(0)
  })
})

import type { Server } from 'node:http'
import { Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import type { Engine } from '../gateway/engine.ts'
import { startHttpServer } from './http-server.ts'

const servers: Server[] = []

vi.mock('node:http', async (original) => {
  const actual = await original<typeof import('node:http')>()
  const createServer = (...args: Parameters<typeof actual.createServer>) => {
    const server = actual.createServer(...args)
    servers.push(server)
    return server
  }
  return { ...actual, createServer }
})

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const options = {
  host: '127.0.0.1',
  port: 0,
  maxBodyBytes: 100,
  engine: () => ({ log, leaving: () => false, metrics: { rejected: () => undefined } }) as unknown as Engine,
  adminPlane: () => undefined,
}

it('goes on serving when a connection could not be taken', async () => {
  const server = await startHttpServer(options)
  servers.at(-1)?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
  expect(log.error).toHaveBeenCalledOnce()
  const reply = await fetch(`${server.url}/v1/nothing`)
  expect(reply.status).toBe(404)
  await reply.text()
  await server.close(1_000)
})

it('says why it cannot listen', async () => {
  const server = await startHttpServer(options)
  await expect(startHttpServer({ ...options, port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await server.close(1_000)
})

it('gives slow senders ten seconds for their headers', async () => {
  const server = await startHttpServer(options)
  expect(servers.at(-1)).toMatchObject({ headersTimeout: 10_000, requestTimeout: 0 })
  await server.close(1_000)
})

it('closes connections of an address that has too many, and says so once', async () => {
  log.warn.mockClear()
  const server = await startHttpServer({ ...options, connectionsPerAddress: 1 })
  const closed = [1, 2, 3].map(() => {
    const socket = Object.assign(new Socket(), { destroy: vi.fn() })
    Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.7' })
    servers.at(-1)?.emit('connection', socket)
    return socket.destroy.mock.calls.length
  })
  expect(closed).toEqual([0, 1, 1])
  expect(log.warn).toHaveBeenCalledOnce()
  await server.close(0)
})

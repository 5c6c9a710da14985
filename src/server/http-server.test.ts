import type { Server } from 'node:http'
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
  engine: () => ({ log, draining: () => false, metrics: { rejected: () => undefined } }) as unknown as Engine,
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

it('gives slow senders ten seconds for their headers and a minute for all, and looks often', async () => {
  const server = await startHttpServer(options)
  expect(servers.at(-1)).toMatchObject({ headersTimeout: 10_000, requestTimeout: 60_000 })
  await server.close(1_000)
})

import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { unusedUrl } from '../testing/index.ts'
import { probeAddress } from './probe-address.ts'

test('an address that listens is reached, and nothing is sent to it', async () => {
  const received: string[] = []
  const closed = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    socket.on('data', (data) => received.push(String(data)))
    socket.on('error', () => undefined)
    socket.on('close', () => closed.resolve())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await probeAddress(`http://127.0.0.1:${port}/v1`, 5_000)
  await closed.promise
  expect(received).toEqual([])
  server.close()
})

test('an address where nobody listens is said to be so', async () => {
  await expect(probeAddress(await unusedUrl(), 5_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

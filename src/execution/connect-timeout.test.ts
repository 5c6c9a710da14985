import { expect, it } from 'vitest'
import { attemptAsk, endpointAt } from './attempt-world.contract.ts'
import { createHttpTransport } from './http-transport.ts'
import { startRawServer } from './raw-server.contract.ts'

/* Apart from the other tests of the network, because the client's own coarse clock does not survive one that is turned by hand. */

it('gives up a connection that never stands, and is certain that nothing left', async () => {
  const server = await startRawServer()
  const transport = createHttpTransport()
  // A TLS handshake that nobody answers.
  const endpoint = endpointAt(server.url.replace('http:', 'https:'), { connectMs: 100 })
  const { timeouts } = endpoint
  const { signal } = attemptAsk()
  const sending = transport.send({ endpoint, path: '/x', headers: {}, body: Buffer.from('{}'), timeouts, signal })
  await expect(sending).rejects.toMatchObject({ kind: 'connect-timeout', sent: false })
  await transport.close()
  await server.close()
})

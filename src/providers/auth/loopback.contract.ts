import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { ReceivedRequest } from './aws-verifier.contract.ts'

/** An HTTP server on this machine that stands for a cloud's endpoint. */
export interface Loopback {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** What it answers next, and from then on: a status and a JSON body. */
  reply(status: number, body: unknown): void
  close(): Promise<void>
}

/** Starts one on a free port. It answers 500 until it is told otherwise. */
export async function startLoopback(): Promise<Loopback> {
  const requests: ReceivedRequest[] = []
  let answer = { status: 500, body: '{}' }
  const server = createServer(async (request, response) => {
    requests.push(await received(request))
    const headers = {
      'content-type': 'application/json',
      'metadata-flavor': 'Google',
      server: 'Metadata Server for VM',
    }
    response.writeHead(answer.status, headers).end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    requests,
    reply(status, body) {
      answer = { status, body: JSON.stringify(body) }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function received(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value)
  return { method: request.method ?? '', target: request.url ?? '', headers, body: Buffer.concat(chunks) }
}

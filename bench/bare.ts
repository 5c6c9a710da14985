/*
 * The yardstick: the least that a pass-through in Node can do. node:http, the body read whole and parsed, undici's `dispatch`, bytes copied. No keys, no
 * policy, no money, no records, no errors: it is no gateway, it is what a gateway's cost is divided by.
 *
 *   node bench/bare.ts UPSTREAM_ORIGIN     (started by run.ts)
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { answerParent } from './answer-parent.ts'
import { inspected } from './inspected.ts'

const pool = new Pool(process.argv[2] ?? '', { connections: 1024, headersTimeout: 0, bodyTimeout: 0 })

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    JSON.parse(body?.toString('utf8') ?? '')
    pool.dispatch(
      {
        path: request.url ?? '/',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer upstream' },
        body: body ?? null,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, { 'content-type': type, 'content-length': length }) {
          const known = length === undefined ? {} : { 'content-length': String(length) }
          response.writeHead(status, { 'content-type': String(type), ...known })
        },
        onResponseData(_controller, chunk) {
          response.write(chunk)
        },
        onResponseEnd() {
          response.end()
        },
        onResponseError() {
          response.destroy()
        },
      },
    )
  })
})
server.listen(0, '127.0.0.1', () => {
  answerParent({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, inspected())
})

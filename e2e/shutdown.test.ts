import { afterEach, describe, expect, it } from 'vitest'
import { RawClient } from './raw-client.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* A service that is told to stop: nothing that runs is cut before its time, nothing new is taken, and all books are closed. */

let running: Running
afterEach(() => running.stop())

const CHAT = '/v1/chat/completions'
const asking = (stream: boolean) =>
  JSON.stringify({ model: 'via-openai', stream, messages: [{ role: 'user', content: 'Hi.' }] })

const call = (stream: boolean): Promise<Response> =>
  fetch(running.url + CHAT, { method: 'POST', headers: { 'x-headgate-feature': 'test' }, body: asking(stream) })

async function expectClosedBooks(statuses: readonly (readonly [string, string | null])[]): Promise<void> {
  const { storage } = running.service.house
  const { rows } = await storage.reader.events({ limit: 100 })
  expect(rows.map(({ status, errorCode }) => [status, errorCode]).toSorted()).toEqual(statuses.toSorted())
  for (const { sliced } of await storage.ledger.budgets()) expect(sliced).toBe(0n)
}

describe('while running calls end', () => {
  it('no stream is cut, and a gateway that stops is not ready', async () => {
    running = await startRunning(() => ({
      server: { port: 0, drain: '1h' },
      budgets: [{ per: 'total', usd: 1_000, window: 'day' }],
    }))
    running.wall.plan({ tokens: 200, betweenEventsMs: 4 })
    const streams = await Promise.all(Array.from({ length: 20 }, () => call(true)))
    const [late, probe] = [await RawClient.to(running.url), await RawClient.to(running.url)]
    // Requests that are half said when the stop is asked for.
    late.socket.write(`POST ${CHAT} HTTP/1.1\r\nhost: 127.0.0.1\r\n`)
    probe.socket.write('GET /readyz HTTP/1.1\r\n')
    await call(false).then((reply) => reply.text())

    const stopping = running.service.stop()
    const body = asking(false)
    late.socket.write(`x-headgate-feature: test\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    probe.socket.write('host: 127.0.0.1\r\n\r\n')
    const refused = await late.reply()
    expect(refused.status).toBe(503)
    expect(refused.head).toMatch(/x-headgate-error: no_deployment_available[\s\S]*connection: close/i)
    expect((await probe.reply()).status).toBe(503)
    await expect(fetch(`${running.url}/livez`)).rejects.toThrow()
    for (const stream of streams) expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/)
    await Promise.all([late.closed(), probe.closed(), stopping])
    const completed = Array.from({ length: 21 }, () => ['completed', null] as const)
    await expectClosedBooks([...completed, ['refused', 'no_deployment_available']])
  })
})

describe('when the time for that is over', () => {
  it('those that still run are told, and paid for', async () => {
    running = await startRunning(() => ({
      server: { port: 0, drain: '50ms' },
      budgets: [{ per: 'total', usd: 1_000, window: 'day' }],
    }))
    running.wall.plan([{ tokens: 100_000, betweenEventsMs: 2 }, { fault: { kind: 'hang' } }])
    const stream = await call(true)
    const waiting = call(false)
    await running.wall.waitFor(({ number }) => number === 2)
    const stopping = running.service.stop()
    const text = await stream.text()
    expect(text).toMatch(/"error":\{[^\n]*no_deployment_available/)
    expect(text).not.toContain('[DONE]')
    const refused = await waiting
    expect([refused.status, refused.headers.get('x-headgate-error')]).toEqual([503, 'no_deployment_available'])
    expect(refused.headers.get('x-should-retry')).toBeNull()
    await stopping
    for (const { endedAt } of running.wall.calls) expect(endedAt).not.toBeNull()
    await expectClosedBooks([
      ['client_gone', 'client_closed'],
      ['incomplete', 'no_deployment_available'],
    ])
  })

  it('a client that does not listen cannot keep it from stopping', async () => {
    running = await startRunning((wall) => ({
      server: { port: 0, drain: '50ms' },
      // The provider is in this process too, and may be slow where much is to be written.
      providers: {
        oa: {
          type: 'openai',
          base_url: wall.openaiUrl,
          api_key: 'sk-oa',
          models: { m: MODEL },
          timeouts: { first_byte: '60s', first_token: '60s', idle: '60s', total: '2m' },
        },
      },
      models: { 'via-openai': ['oa/m'] },
      budgets: [{ per: 'total', usd: 1_000, window: 'day' }],
    }))
    running.wall.plan({ chunks: 2_000, fault: { kind: 'ignore-max-tokens', times: 500 } })
    const client = await RawClient.to(running.url)
    client.socket.pause()
    client.send('POST', CHAT, [], asking(true))
    await running.wall.waitFor(({ drains }) => drains > 0)
    await running.service.stop()
    const { rows } = await running.service.house.storage.reader.events({ limit: 100 })
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([['incomplete', null]])
    for (const { sliced } of await running.service.house.storage.ledger.budgets()) expect(sliced).toBe(0n)
  })
})

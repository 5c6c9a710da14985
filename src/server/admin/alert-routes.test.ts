import { createHmac } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../test-service.contract.ts'

interface Received {
  readonly path: string
  readonly signature: string
  readonly body: string
}

let under: TestService
let hooks: Server
const received: Received[] = []

beforeAll(async () => {
  hooks = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const signature = String(request.headers['x-headgate-signature'])
      received.push({ path: request.url ?? '', signature, body: Buffer.concat(chunks).toString() })
      if (request.url === '/moved') response.writeHead(307, { location: '/elsewhere' })
      response.end()
    })
  })
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`
  under = await startTestService({
    alerts: {
      webhooks: [
        { url: `${url}/switches`, secret: 's3cret', on: ['kill_switch'] },
        { url: `${url}/budgets`, secret: 's3cret', on: ['budget'] },
        { url: `${url}/moved`, secret: 's3cret', on: ['kill_switch'] },
      ],
    },
  })
})
afterAll(async () => {
  await under.stop()
  hooks.closeAllConnections()
  await new Promise((resolve) => hooks.close(resolve))
})

const at = (path: string) => received.filter((one) => one.path === path)
const alerts = (query = '') => rows(under.ask(`/admin/v1/alerts${query}`, { key: under.adminKey }))
const PATH = '/admin/v1/kill-switches'

describe('an alert', () => {
  it('is in the list, and goes signed to the webhooks that want it, in the operator’s own network too', async () => {
    const made = await json(
      under.ask(PATH, { key: under.adminKey, body: { scope: { tenant: 'acme' }, reason: 'looping' } }),
    )
    await expect.poll(() => at('/switches').length).toBe(1)
    const [hook] = at('/switches')
    const [alert] = await alerts()
    expect(JSON.parse(hook?.body ?? '')).toEqual(alert)
    expect(alert).toMatchObject({
      id: expect.stringMatching(/^alert_/),
      kind: 'kill_switch',
      key: `kill_switch/${made.id}/on`,
      scope: { tenant: 'acme' },
      message: `tenant=acme was switched off by ${made.actor}: looping`,
      details: { kill_switch: made.id, state: 'on', reason: 'looping' },
    })
    const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(hook?.signature ?? '') ?? []
    expect(mac).toBe(createHmac('sha256', 's3cret').update(`${seconds}.${hook?.body}`).digest('hex'))
    expect(Math.abs(Number(seconds) * 1000 - Date.now())).toBeLessThan(60_000)
    expect(at('/budgets')).toEqual([])

    await under.ask(`${PATH}/${made.id}`, { method: 'DELETE', key: under.adminKey })
    await expect.poll(() => at('/switches').length).toBe(2)
    expect((await alerts('?kind=kill_switch')).map(({ details }) => details)).toMatchObject([
      { state: 'off' },
      { state: 'on' },
    ])
    expect(await alerts('?kind=budget')).toEqual([])
  })

  it('is not carried to where a webhook redirects', async () => {
    await expect.poll(() => at('/moved').length).toBe(2)
    expect(at('/elsewhere')).toEqual([])
  })
})

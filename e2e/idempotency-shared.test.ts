import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { queryOnce, startTestServer, type TestServer } from '../src/storage/postgres/test-server.contract.ts'
import { openLink, type UnreliableLink } from '../src/storage/postgres/unreliable-link.contract.ts'
import { startWall, type Wall } from '../src/testing/index.ts'
import { type Serving, serve } from './headgate-process.ts'
import { configFor, type Running, startRunning } from './running-gateway.ts'

/* One key, one call, on several gateways with one database: while they run, when they restart, when one is killed, when the database is away. */

let server: TestServer
let wall: Wall
let url: string
let gateways: Running[] = []

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  wall = await startWall()
  url = await server.createDatabase()
})
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  gateways = []
  await wall.close()
})

async function start(storageUrl = url, onOutage: 'refuse' | 'journal' = 'refuse'): Promise<Running> {
  const { providers } = configFor(wall)
  const storage = { url: storageUrl, on_outage: onOutage }
  const gateway = await startRunning(() => ({ storage, ...(providers ? { providers } : {}) }))
  gateways.push(gateway)
  return gateway
}

const CHAT = { model: 'oa/m', max_tokens: 200, messages: [{ role: 'user', content: 'Say something.' }] }

const send = (to: { readonly url: string }, key: string | null = 'k', body: object = CHAT) =>
  fetch(`${to.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-headgate-feature': 'e2e', ...(key === null ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify(body),
  })

/** As an SDK sends: a ledger that has no time on a busy machine refuses before anything is run, and is asked again. */
async function sendAndRetry(to: { readonly url: string }): Promise<Response> {
  const reply = await send(to)
  if (reply.status !== 503) return reply
  await new Promise((resolve) => setTimeout(resolve, 250))
  return sendAndRetry(to)
}

const isReplay = (reply: Response) => reply.headers.get('idempotent-replayed') === 'true'

describe('two gateways with one database', () => {
  it('run a call once of twenty that come to both at once', async () => {
    const pair = [await start(), await start()] as const
    wall.plan({ text: 'Once.', firstByteDelayMs: 300 })
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sendAndRetry(pair[index % 2 === 0 ? 0 : 1])),
    )
    const texts = await Promise.all(replies.map((reply) => reply.text()))
    expect([new Set(texts).size, replies.filter(({ status }) => status === 200).length]).toEqual([1, 20])
    expect(replies.filter(isReplay)).toHaveLength(19)
    expect(wall.calls).toHaveLength(1)
  })

  it('share a failure with those who waited, and run the next', async () => {
    const [here, there] = [await start(), await start()]
    wall.plan({ firstByteDelayMs: 1_000, fault: { kind: 'status', status: 500 } })
    const first = send(here)
    await wall.waitFor(() => true)
    const others = await Promise.all([send(there), send(there), send(there)])
    expect([(await first).status, ...others.map(({ status }) => status)]).toEqual([502, 502, 502, 502])
    const asked = wall.calls.length
    wall.plan({ text: 'Better.' })
    expect((await send(there)).status).toBe(200)
    expect(wall.calls).toHaveLength(asked + 1)
  })

  it('refuse the duplicate of a stream that runs at the other, and replay it when it has ended', async () => {
    const [here, there] = [await start(), await start()]
    wall.plan({ text: 'In pieces.', firstTokenDelayMs: 1_000 })
    const body = { ...CHAT, stream: true }
    const first = send(here, 'k', body)
    await wall.waitFor(() => true)
    const refused = await send(there, 'k', body)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([409, '1'])
    const text = await (await first).text()
    const again = await send(there, 'k', body)
    expect([isReplay(again), await again.text()]).toEqual([true, text])
    expect(wall.calls).toHaveLength(1)
  })

  it('let one that closes hand its call over to the other', async () => {
    const [here, there] = [await start(), await start()]
    wall.plan([{ fault: { kind: 'hang' } }, { text: 'By the other.' }])
    const first = send(here).catch(() => null)
    await wall.waitFor(() => true)
    const waiting = send(there)
    here.service.house.drain()
    await here.gateway.close()
    expect(await (await waiting).text()).toContain('By the other.')
    await first
    expect(wall.calls).toHaveLength(2)
  })
})

describe('a gateway that starts anew', () => {
  it('gives the reply of its life before, until it was kept long enough', async () => {
    const before = await start()
    const text = await (await send(before)).text()
    await before.stop()
    gateways = []
    const after = await start()
    const again = await send(after)
    expect([isReplay(again), await again.text()]).toEqual([true, text])
    await queryOnce(url, `update idempotency_keys set expires_at = expires_at - interval '24 hours'`)
    expect(isReplay(await send(after))).toBe(false)
    expect(wall.calls).toHaveLength(2)
  })

  it('keeps nothing that tells the key', async () => {
    await send(await start(), 'order-4711-of-jane@example.com')
    const [row] = await queryOnce(url, 'select * from idempotency_keys')
    expect(row).toMatchObject({ tenant_id: 'default', state: 'kept' })
    expect(JSON.stringify({ ...row, body: String(row?.body) })).not.toContain('jane@example.com')
  })
})

describe('a gateway that is killed with -9', () => {
  let folders: string[]
  let processes: Serving[]
  beforeEach(() => {
    folders = []
    processes = []
  })
  afterEach(async () => {
    await Promise.all(processes.map((serving) => serving.end('SIGTERM')))
    for (const folder of folders) await rm(folder, { recursive: true, force: true })
  })

  async function launch(folder: string): Promise<Serving & { readonly url: string }> {
    const serving = await serve(['--json', '--port', '0', '--config', 'headgate.yaml'], { directory: folder })
    processes.push(serving)
    return { ...serving, url: /"url": "([^"]+)"/.exec(serving.said.out)?.[1] ?? '' }
  }

  async function newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-once-'))
    folders.push(folder)
    const config = configFor(wall, { storage: { url } })
    await writeFile(join(folder, 'headgate.yaml'), JSON.stringify(config))
    return folder
  }

  it('does not keep its key: of those who wait one takes over, and the lost attempt counts as spent', async () => {
    const folder = await newFolder()
    const [doomed, heir] = [await launch(folder), await launch(await newFolder())]
    wall.plan([{ fault: { kind: 'hang' } }, { text: 'By the heir.' }])
    const lost = send(doomed).catch(() => null)
    await wall.waitFor(() => true)
    const waiting = Array.from({ length: 5 }, () => send(heir))
    await doomed.end('SIGKILL')
    processes.shift()
    expect(await lost).toBeNull()
    // So much later, for the lease.
    await queryOnce(url, `update idempotency_keys set lease_until = lease_until - interval '15 seconds'`)
    const replies = await Promise.all(waiting)
    for (const reply of replies) expect(await reply.text()).toContain('By the heir.')
    expect(replies.filter(isReplay)).toHaveLength(4)
    expect(wall.calls).toHaveLength(2)

    const reborn = await launch(folder)
    const rows = async () =>
      (await queryOnce(url, `select status from llm_usage_events where attempt > 0 order by status`)).map(
        ({ status }) => status,
      )
    await expect.poll(rows, { timeout: 20_000 }).toEqual(['completed', 'presumed_spent'])
    expect(isReplay(await send(reborn))).toBe(true)
    expect(wall.calls).toHaveLength(2)
  })
})

describe('while the database is away', () => {
  let link: UnreliableLink
  beforeEach(async () => {
    link = await openLink(url)
  })
  afterEach(() => link.close())

  it.each(['refuse', 'journal'] as const)(
    'a call with a key is refused, whatever calls without do: %s',
    async (onOutage) => {
      const gateway = await start(link.url, onOutage)
      expect((await send(gateway)).status).toBe(200)
      await link.close()
      const refused = await send(gateway)
      expect([refused.status, refused.headers.get('x-headgate-error')]).toEqual([503, 'ledger_unavailable'])
      expect(wall.calls).toHaveLength(1)
      await link.open()
      await expect.poll(async () => isReplay(await send(gateway)), { timeout: 20_000 }).toBe(true)
      expect(wall.calls).toHaveLength(1)
    },
  )

  it('an answer that cannot be kept is given, from memory too, and kept when the database is back', async () => {
    const [gateway, other] = [await start(link.url, 'journal'), await start()]
    wall.plan({ text: 'Meanwhile.', firstByteDelayMs: 1_500 })
    await send(gateway, null)
    const first = send(gateway)
    await wall.waitFor(() => wall.calls.length === 2)
    await link.close()
    expect(await (await first).text()).toContain('Meanwhile.')
    const again = await send(gateway)
    expect([isReplay(again), await again.text()]).toEqual([true, expect.stringContaining('Meanwhile.')])
    await link.open()
    const elsewhere = await send(other)
    expect([isReplay(elsewhere), await elsewhere.text()]).toEqual([true, expect.stringContaining('Meanwhile.')])
    expect(wall.calls).toHaveLength(2)
  })
})

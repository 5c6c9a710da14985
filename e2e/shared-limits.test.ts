import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type Mock, vi } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import type { Log } from '../src/gateway/log.ts'
import { startTestRedis, type TestRedis } from '../src/storage/redis/test-server.contract.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * Two gateways that share their limits through one Redis server, and what becomes of the limits when that server hangs, dies, forgets
 * everything and comes back.
 */

let redis: TestRedis
let gateways: Running[] = []
let log: { [name in keyof Log]: Mock<Log[name]> }

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.close())
beforeEach(() => {
  log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
})
afterEach(async () => {
  redis.thaw()
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  gateways = []
  await redis.kill()
  await redis.start()
})

/** A server on a machine that is busy with other tests is not away because it is slow; what happens when it is has tests of its own. */
const PATIENT = { coordinationPatienceMs: 20_000 }

async function start(
  count: number,
  config: Partial<ConfigInput>,
  patience: { coordinationPatienceMs?: number } = {},
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    gateways.push(await startRunning(() => ({ ...config, coordination: { redis: redis.url } }), log, patience))
  }
  // Each has heard of the others.
  for (const gateway of gateways) await expect.poll(() => condition(gateway).instances, { timeout: 10_000 }).toBe(count)
}

function condition(gateway: Running | undefined) {
  if (!gateway) throw new Error('no such gateway')
  return gateway.service.house.limits.condition()
}

const ASK = { model: 'via-openai', max_tokens: 50, messages: [{ role: 'user', content: 'Say something.' }] }

async function callOf(gateway: Running | undefined, tenantId = 'acme', signal?: AbortSignal): Promise<Response> {
  if (!gateway) throw new Error('no such gateway')
  return gateway.gateway.fetchFor({ tenantId, feature: 'e2e' })('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(ASK),
    ...(signal ? { signal } : {}),
  })
}

/** What an operator of a gateway sees: whose limit, used, left. */
async function limitsOf(gateway: Running | undefined): Promise<readonly (readonly unknown[])[]> {
  if (!gateway) throw new Error('no such gateway')
  const { key } = await issueKey(gateway.service.house.storage.keys, { kind: 'admin' }, Date.now())
  const reply = await fetch(`${gateway.url}/admin/v1/limits`, { headers: { 'x-api-key': key.reveal() } })
  expect(reply.status).toBe(200)
  const { data } = (await reply.json()) as { data: readonly Readonly<Record<string, unknown>>[] }
  return data.map(({ scope, used, left }) => [scope, used, left])
}

/** So many calls at once, over all gateways in turn; gives how many were served. */
async function served(count: number): Promise<number> {
  const replies = await Promise.all(
    Array.from({ length: count }, (_, index) => callOf(gateways[index % gateways.length])),
  )
  await Promise.all(replies.map((reply) => reply.text()))
  expect(replies.every(({ status }) => status === 200 || status === 429)).toBe(true)
  return replies.filter(({ status }) => status === 200).length
}

describe('two gateways with one Redis', () => {
  it('let as many calls through together as the limit says, and no more', async () => {
    await start(2, { limits: [{ per: 'tenant', requests: 25, window: '1h' }] }, PATIENT)
    expect(await served(64)).toBe(25)
    const refused = await callOf(gateways[1])
    const ms = Number(refused.headers.get('retry-after-ms'))
    expect(ms).toBeGreaterThan(0)
    expect(ms).toBeLessThanOrEqual(144_000)
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(ms / 1000)))
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    const calls = gateways.reduce((sum, { wall }) => sum + wall.calls.length, 0)
    expect(calls).toBe(25)
  })

  it('each show what both counted, and say so by their own share when Redis is away', async () => {
    await start(2, {
      tenants: { acme: {} },
      limits: [
        { per: 'tenant', requests: 100, window: '31d' },
        { per: 'feature', requests: 50, window: '31d' },
      ],
    })
    for (const gateway of [gateways[0], gateways[0], gateways[1]]) await (await callOf(gateway)).text()
    for (const gateway of gateways) {
      expect(await limitsOf(gateway)).toEqual([
        [{ tenant: 'acme' }, 3, 97],
        [{ feature: 'e2e' }, 3, 47],
      ])
    }
    await redis.kill()
    await expect.poll(() => condition(gateways[0]).state, { timeout: 10_000 }).toBe('away')
    expect(await limitsOf(gateways[0])).toEqual([
      [{ tenant: 'acme' }, 2, 48],
      [{ feature: 'e2e' }, 2, 23],
    ])
  })

  it('run as many calls at once together as the limit says, and give every place back', async () => {
    await start(2, { limits: [{ per: 'tenant', concurrency: 5 }] }, PATIENT)
    for (const { wall } of gateways) wall.plan({ tokens: 5, fault: { kind: 'hang' } })
    const caller = new AbortController()
    const open = Array.from({ length: 5 }, (_, index) => callOf(gateways[index % 2], 'acme', caller.signal))
    for (const one of open) one.catch(() => undefined)
    await expect.poll(() => gateways.reduce((sum, { wall }) => sum + wall.calls.length, 0)).toBe(5)
    for (const { wall } of gateways) wall.plan(null)
    for (const gateway of gateways) {
      expect((await callOf(gateway)).headers.get('x-headgate-error')).toBe('concurrency_limited')
      expect((await callOf(gateway, 'globex')).status).toBe(200)
    }
    caller.abort()
    for (const gateway of gateways) await expect.poll(async () => (await callOf(gateway)).status).toBe(200)
    await expect.poll(() => gateways.map(({ service }) => service.house.limits.slotsHeld())).toEqual([0, 0])
  })

  it('do not let a tenant that floods one of them lock another out of the other', async () => {
    await start(2, { limits: [{ per: 'total', concurrency: 4 }] }, PATIENT)
    for (const { wall } of gateways) wall.plan({ tokens: 2, firstByteDelayMs: 20 })
    let done = false
    let refused = 0
    const flood = async () => {
      while (!done) {
        const reply = await callOf(gateways[0], 'noisy')
        await reply.text()
        if (reply.status !== 200) refused += 1
        if (reply.status !== 200) await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const floods = Array.from({ length: 30 }, flood)
    await expect.poll(() => refused).toBeGreaterThan(60)
    let quiet = 0
    for (let count = 0; count < 10; count += 1) {
      const reply = await callOf(gateways[1], 'quiet')
      await reply.text()
      if (reply.status === 200) quiet += 1
    }
    done = true
    await Promise.all(floods)
    // Of 31 callers for 4 places one would get every eighth or so; a place is waited for no longer than a second, which a busy machine may take.
    expect(quiet).toBeGreaterThanOrEqual(8)
  })
})

describe('a Redis that is away', () => {
  const LIMITS = { limits: [{ per: 'tenant' as const, requests: 20, window: '1h' }] }

  it.each(['hangs', 'dies'] as const)(
    '(%s) leaves each gateway its share, stalls nobody, and is told of once',
    async (how) => {
      await start(2, LIMITS)
      expect(await served(4)).toBe(4)
      if (how === 'hangs') redis.freeze()
      else await redis.kill()
      // 20 in all, 10 for each; 2 of each were used.
      expect(await served(40)).toBe(16)
      expect(gateways.map(condition)).toEqual(gateways.map(() => ({ store: 'redis', state: 'away', instances: 2 })))
      const ready = await fetch(`${gateways[0]?.url}/readyz`)
      expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready', limits: { state: 'away' } }])
      expect(await served(20)).toBe(0)
      expect(log.warn.mock.calls.filter(([, message]) => /limits is away/.test(message))).toHaveLength(2)

      if (how === 'hangs') redis.thaw()
      else await redis.start()
      for (const gateway of gateways) await expect.poll(() => condition(gateway).state, { timeout: 15_000 }).toBe('ok')
      expect(log.info.mock.calls.filter(([, message]) => /limits is back/.test(message))).toHaveLength(2)
      // What was let in meanwhile is known to the server; of what it forgot when it died, the 4 calls before, it knows nothing.
      await expect.poll(() => served(1)).toBe(how === 'hangs' ? 0 : 1)
      if (how === 'dies') expect(await served(20)).toBe(3)
    },
  )

  it.each(['hangs', 'is gone'] as const)('(%s) when a gateway starts does not keep it from starting', async (how) => {
    if (how === 'hangs') redis.freeze()
    else await redis.kill()
    gateways.push(await startRunning(() => ({ ...LIMITS, coordination: { redis: redis.url } }), log))
    expect(condition(gateways[0])).toMatchObject({ state: 'away', instances: 1 })
    expect(await served(30)).toBe(20)
    if (how === 'hangs') redis.thaw()
    else await redis.start()
    await expect.poll(() => condition(gateways[0]).state, { timeout: 15_000 }).toBe('ok')
    expect(await served(5)).toBe(0)
  })

  it('and forgets everything under load lets nobody spend more money than there is', async () => {
    await start(1, { ...LIMITS, tenants: { acme: { daily_usd_limit: 0.02 } } })
    const [gateway] = gateways
    gateway?.wall.plan({ tokens: 50 })
    let paid = 0
    for (let round = 0; round < 8; round += 1) {
      paid += await served(15)
      await redis.kill()
      await redis.start()
      await expect.poll(() => condition(gateway).state, { timeout: 15_000 }).toBe('ok')
    }
    const { storage, money } = gateway?.service.house ?? {}
    await money?.close()
    const rows = (await storage?.reader.events({ limit: 1000, tenantId: 'acme' }))?.rows ?? []
    const spent = rows.reduce((sum, row) => sum + row.cost, 0n)
    expect(paid).toBeGreaterThan(20)
    expect(spent).toBeLessThanOrEqual(20_000_000n)
    expect(spent).toBeGreaterThan(10_000_000n)
    expect(rows.some(({ errorCode }) => errorCode === 'budget_exceeded')).toBe(true)
  })
})

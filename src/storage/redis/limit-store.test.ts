import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../lib/ids.ts'
import { Secret } from '../../lib/secret.ts'
import { limitStoreContract } from '../contracts/limit-store.contract.ts'
import { openRedis } from './connection.ts'
import { createRedisLimits } from './limit-store.ts'
import { startTestRedis, type TestRedis } from './test-server.contract.ts'

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startTestRedis()
  redis = openRedis(new Secret(server.url)).redis
  await once(redis, 'ready')
  // Every store of a test listens to the one connection.
  redis.setMaxListeners(0)
})
afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const LEASE_MS = 10_000
const time = { nowMs: Date.UTC(2026, 10, 21) }

describe('limits on a Redis server', () =>
  limitStoreContract(async () => ({
    store: createRedisLimits({ redis, instance: newId('ins'), leaseMs: 3_600_000, nowMs: () => time.nowMs }),
    time,
    close: async () => undefined,
  })))

describe('a Redis server', () => {
  beforeEach(async () => {
    await redis.flushall()
  })
  const rate = (value = 'v') => ({ rule: { id: 'user/requests', limit: 3, windowMs: 60_000 }, value, amount: 1 })
  const slot = (lease: string) => ({ rule: { id: 'total', limit: 2 }, value: '', holder: 'acme', lease })
  const ask = (lease: string, value?: string) => ({
    rates: [rate(value)],
    slots: [slot(lease)],
    patience: 'share' as const,
    wantMs: 200,
  })

  it('counts for all instances, and frees the slots of one that died', async () => {
    const [one, other] = ['one', 'other'].map((instance) =>
      createRedisLimits({ redis, instance, leaseMs: LEASE_MS, nowMs: () => time.nowMs }),
    )
    if (!one || !other) throw new Error('no stores')
    expect(await one.beat()).toBe(1)
    expect(await other.beat()).toBe(2)
    expect((await one.take(ask('a'))).admitted).toBe(true)
    expect((await other.take(ask('b'))).admitted).toBe(true)
    expect(await other.take(ask('c'))).toMatchObject({ admitted: false, slots: [{ held: 2, refused: true }] })

    // The first instance is heard of no more; the other goes on renewing.
    time.nowMs += LEASE_MS - 1
    other.hold([slot('b')])
    expect((await other.take(ask('c'))).admitted).toBe(false)
    time.nowMs += 1
    expect(await other.beat()).toBe(1)
    expect(await other.take(ask('c'))).toMatchObject({ admitted: true, slots: [{ held: 2 }] })
    expect((await other.take(ask('d'))).admitted).toBe(false)
  })

  it('shows places of an instance that died as free, without a word to write', async () => {
    const store = createRedisLimits({ redis, instance: 'one', leaseMs: LEASE_MS, nowMs: () => time.nowMs })
    await store.take(ask('a'))
    const looks = [
      { rule: rate().rule, value: 'v' },
      { rule: slot('').rule, value: '' },
    ]
    expect(await store.peek(looks)).toMatchObject([{ used: 1 }, { used: 1 }])
    time.nowMs += LEASE_MS
    const before = await redis.info('commandstats')
    expect(await store.peek(looks)).toMatchObject([{ used: 1 }, { used: 0, left: 2 }])
    const writes = (stats: string) =>
      stats.split('\r\n').filter((line) => /^cmdstat_(set|del|z(add|rem)|h\w*):/.test(line))
    expect(writes(await redis.info('commandstats'))).toEqual(writes(before))
  })

  it('goes by its own clock, whatever instances think the time is', async () => {
    const store = createRedisLimits({ redis, instance: 'one' })
    await store.take(ask('a'))
    const [seconds] = await redis.time()
    const [, at] = (await redis.get('headgate:{limits}:rate:user/requests:v'))?.split(' ') ?? []
    expect(Math.abs(Number(at) / 1000 - Number(seconds))).toBeLessThan(30)
  })

  it('that is replaced by one whose clock is behind pays debts off by the new clock', async () => {
    const store = createRedisLimits({ redis, instance: 'one', nowMs: () => time.nowMs })
    for (let count = 0; count < 3; count += 1) await store.take({ ...ask('a'), slots: [] })
    time.nowMs -= 3_600_000
    expect((await store.take({ ...ask('a'), slots: [] })).rates).toMatchObject([{ waitMs: 20_000 }])
    time.nowMs += 20_000
    expect((await store.take({ ...ask('a'), slots: [] })).admitted).toBe(true)
  })

  it('forgets every key by itself, and keeps all of them in one hash slot', async () => {
    const store = createRedisLimits({ redis, instance: 'one' })
    await store.beat()
    for (let count = 0; count < 500; count += 1) await store.take(ask(`lease-${count}`, `user-${count}`))
    const keys = await redis.keys('*')
    expect(keys.length).toBeGreaterThan(3)
    expect(new Set(keys.map((key) => /\{(.+?)\}/.exec(key)?.[1]))).toEqual(new Set(['limits']))
    for (const key of keys) {
      const left = await redis.pttl(key)
      expect([key, left > 0 && left <= 65_000]).toEqual([key, true])
    }
  })

  it('that lost its scripts gets them again', async () => {
    const store = createRedisLimits({ redis, instance: 'one' })
    await store.take(ask('a'))
    await redis.script('FLUSH')
    expect(await store.take(ask('b'))).toMatchObject({ admitted: true, slots: [{ held: 2 }] })
  })

  it('that lost its counts gets the slots again that are held', async () => {
    const store = createRedisLimits({ redis, instance: 'one' })
    for (const lease of ['a', 'b']) await store.take(ask(lease))
    await redis.flushall()
    store.hold([slot('a'), slot('b')])
    expect(await store.take(ask('c'))).toMatchObject({ admitted: false, slots: [{ held: 2 }] })
  })

  it('renews any number of slots without one long script', async () => {
    const store = createRedisLimits({ redis, instance: 'one' })
    const slots = Array.from({ length: 1_001 }, (_, index) => slot(`lease-${index}`))
    store.hold(slots)
    expect(await store.take(ask('more'))).toMatchObject({ slots: [{ held: 1_001 }] })
    store.release(slots)
    expect(await store.take(ask('more'))).toMatchObject({ admitted: true, slots: [{ held: 1 }] })
  })
})

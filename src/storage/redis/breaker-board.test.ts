import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { breakerBoardContract } from '../contracts/breaker-board.contract.ts'
import type { BoardEntry } from '../contracts/breaker-board.ts'
import { createRedisBoard } from './breaker-board.ts'
import { openRedis } from './connection.ts'
import { startTestRedis, type TestRedis } from './test-server.contract.ts'

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startTestRedis()
  redis = openRedis(new Secret(server.url)).redis
  await once(redis, 'ready')
  // Every board of a test listens to the one connection.
  redis.setMaxListeners(0)
})
afterAll(async () => {
  redis.disconnect()
  await server.close()
})
beforeEach(async () => {
  await redis.flushall()
})

describe('a board of breakers on a Redis server', () =>
  breakerBoardContract(async () => {
    const time = { nowMs: Date.UTC(2026, 10, 21) }
    return { board: createRedisBoard({ redis, nowMs: () => time.nowMs }), time }
  }))

const entry: BoardEntry = { id: 'a', phase: 'open', failures: 5, ejections: 1, agoMs: 0.25, forMs: 30_000.5 }
const OPENED = { deployment: 'one/m', entry, known: [], keepMs: 3_630_000 }

describe('a Redis server', () => {
  it('goes by its own clock', async () => {
    const board = createRedisBoard({ redis })
    await board.post(OPENED)
    const [seconds] = await redis.time()
    const [, , , , since] = ((await redis.hget('headgate:{breakers}:entries', 'one/m')) ?? '').split(' ')
    expect(Math.abs(Number(since) / 1000 - Number(seconds))).toBeLessThan(30)
  })

  it('forgets every key by itself, and keeps all of them in one hash slot', async () => {
    const board = createRedisBoard({ redis })
    await board.post(OPENED)
    await board.post({ ...OPENED, deployment: 'two/m', keepMs: 1_000 })
    await board.look('', [['one/m', 5_000]])
    const keys = (await redis.keys('*')).toSorted()
    expect(keys).toEqual(['entries', 'limited', 'version'].map((name) => `headgate:{breakers}:${name}`))
    const [entries = 0, limited = 0, version = 0] = await Promise.all(keys.map((key) => redis.pttl(key)))
    expect(limited).toBeGreaterThan(0)
    expect(limited).toBeLessThanOrEqual(5_000)
    for (const left of [entries, version]) {
      expect(left).toBeGreaterThan(3_000_000)
      expect(left).toBeLessThanOrEqual(3_630_000)
    }
  })

  it('that lost its memory never shows a version that was seen before', async () => {
    const board = createRedisBoard({ redis })
    await board.post(OPENED)
    const { version } = await board.look('', [])
    await redis.flushall()
    expect(await board.look(version, [])).toMatchObject({ entries: new Map() })
    await board.post({ ...OPENED, entry: { ...entry, id: 'b' } })
    expect((await board.look(version, [])).entries?.size).toBe(1)
  })

  it('that lost its scripts gets them again', async () => {
    const board = createRedisBoard({ redis })
    await redis.script('FLUSH')
    expect(await board.post(OPENED)).toMatchObject({ id: 'a' })
    expect((await board.look('', [])).entries?.size).toBe(1)
  })
})

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import { systemClock } from '../src/lib/clock.ts'
import { startTestRedis, type TestRedis } from '../src/storage/redis/test-server.contract.ts'
import { type Plan, startWall, type Wall } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Gateways that share their breakers through one Redis, in front of one primary whose own log says how often it was called. The minutes of an outage pass by turning the
 * clock of the gateways; Redis goes by its own.
 */

let redis: TestRedis
let primary: Wall
let gateways: Running[] = []
let forwardMs = 0

const clock = { now: () => systemClock.now() + forwardMs, monotonic: () => systemClock.monotonic() + forwardMs }
/** As long as a test may take. */
const WAITING = { first_byte: '60s', first_token: '60s', idle: '60s' }
const DOWN: Plan = { fault: { kind: 'status', status: 503 } }
/** A Redis on a machine that is busy with other tests is not away because it is slow. */
const PATIENCE_MS = 20_000

beforeAll(async () => {
  redis = await startTestRedis()
})
afterAll(() => redis.close())
beforeEach(async () => {
  forwardMs = 0
  primary = await startWall()
})
afterEach(async () => {
  redis.thaw()
  await Promise.all(gateways.map((gateway) => gateway.stop()))
  gateways = []
  await primary.close()
  await redis.kill()
  await redis.start()
})

async function start(count: number, coordinationPatienceMs = PATIENCE_MS): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const running = await startRunning(
      (wall) => ({
        coordination: { redis: redis.url },
        providers: {
          one: { type: 'openai', base_url: primary.openaiUrl, api_key: 'sk', models: { m: MODEL }, timeouts: WAITING },
          two: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: MODEL } },
        },
        models: { alone: ['one/m'], other: ['two/m'] },
        tasks: { answer: { default: 'alone', fallback: 'other' } },
      }),
      undefined,
      { clock, coordinationPatienceMs },
    )
    gateways.push(running)
  }
}

const gateway = (index: number): Running => {
  const found = gateways[index % gateways.length]
  if (!found) throw new Error('no such gateway')
  return found
}

async function send(index: number, model = 'answer', signal?: AbortSignal) {
  const reply = await fetch(`${gateway(index).url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'test' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi.' }] }),
    ...(signal ? { signal } : {}),
  })
  await reply.text()
  const header = (name: string) => reply.headers.get(name)
  return { status: reply.status, served: header('x-headgate-model'), fallback: header('x-headgate-fallback'), header }
}

/** Everybody looks at the board, twice: what was posted by then is seen. */
async function look(): Promise<void> {
  for (let time = 0; time < 2; time += 1) await Promise.all(gateways.map(({ service }) => service.house.health.look()))
}

const stateAt = (index: number) =>
  gateway(index)
    .service.house.health.breakers()
    .find(({ deployment }) => deployment === 'one/m')?.state ?? 'unknown'

async function eject(): Promise<void> {
  primary.plan(DOWN)
  for (let time = 0; time < 3; time += 1) await send(0)
  for (let index = 0; index < gateways.length; index += 1) await expect.poll(() => stateAt(index)).toBe('open')
  primary.clear()
}

async function breakerRows(index: number) {
  const { key } = await issueKey(gateway(index).service.house.storage.keys, { kind: 'admin' }, Date.now())
  const reply = await fetch(`${gateway(index).url}/admin/v1/breakers`, { headers: { 'x-api-key': key.reveal() } })
  return ((await reply.json()) as { data: readonly Readonly<Record<string, unknown>>[] }).data
}

describe('gateways with one Redis', () => {
  it('know by themselves of an ejection by one of them, also those that start afterwards, and all show it', async () => {
    await start(3)
    await eject()
    for (let index = 0; index < 3; index += 1) {
      expect(await send(index)).toMatchObject({ status: 200, served: 'two/m', fallback: 'circuit_open' })
    }
    await gateway(0).stop()
    gateways.shift()
    await start(1)
    expect(await send(2)).toMatchObject({ status: 200, served: 'two/m', fallback: 'circuit_open' })
    expect(primary.calls).toEqual([])
    for (let index = 0; index < 3; index += 1) {
      expect(await breakerRows(index)).toContainEqual(
        expect.objectContaining({ deployment: 'one/m', state: 'open', failures: 5, shared: true }),
      )
      const ready = await fetch(`${gateway(index).url}/readyz`)
      expect(await ready.json()).toMatchObject({ breakers: { store: 'redis', state: 'ok' } })
    }
  })

  it('call a dead primary together hardly more than one would: at most 4 probes a minute, and no call fails', async () => {
    await start(3)
    primary.plan(DOWN)
    const perMinute: number[] = []
    for (let minute = 0; minute < 10; minute += 1) {
      primary.clear()
      for (let step = 0; step < 12; step += 1) {
        const replies = await Promise.all(gateways.map((_, index) => send(index)))
        for (const reply of replies) expect(reply).toMatchObject({ status: 200, served: 'two/m' })
        await look()
        forwardMs += 5_000
      }
      perMinute.push(primary.calls.length)
    }
    const [first = 0, ...later] = perMinute
    // Each may find out for itself what the others do not know yet: 5 failures, and those that were on their way.
    expect(first).toBeLessThanOrEqual(3 * 6 + 4)
    for (const calls of later) expect(calls).toBeLessThanOrEqual(4)
    // 30, 30, 60, 120, 240 s: the probes of one breaker, not of three.
    expect(later.reduce((sum, calls) => sum + calls, 0)).toBeLessThanOrEqual(5)
    expect(perMinute.reduce((sum, calls) => sum + calls, 0)).toBeLessThanOrEqual(1.2 * 10 * 12 * 3)
    primary.plan(null)
    forwardMs += 600_000
    expect(await send(1)).toMatchObject({ served: 'one/m', fallback: null })
    await look()
    for (let index = 0; index < 3; index += 1) expect(await send(index)).toMatchObject({ served: 'one/m' })
  })

  it.each([
    ['answer', 200],
    ['alone', 503],
  ])('make one call of a hundred that wait for a primary that may be well again (%s)', async (model, others) => {
    await start(4)
    await eject()
    forwardMs += 30_000
    // The probe waits until all others have been answered; then its caller leaves, and the next call is the probe.
    primary.plan({ fault: { kind: 'hang' } })
    const caller = new AbortController()
    const sent: Awaited<ReturnType<typeof send>>[] = []
    const all = Array.from({ length: 100 }, (_, index) =>
      send(index, model, caller.signal).then(
        (reply) => sent.push(reply),
        () => undefined,
      ),
    )
    await expect.poll(() => sent.length, { timeout: 50_000 }).toBe(99)
    expect(primary.calls).toHaveLength(1)
    for (const { status, served } of sent) expect([status, served === 'one/m']).toEqual([others, false])
    const retryAfter = others === 503 ? '1' : null
    expect(new Set(sent.map(({ header }) => header('retry-after')))).toEqual(new Set([retryAfter]))
    caller.abort()
    await Promise.all(all)
    primary.plan(null)
    await expect.poll(() => gateways.map((_, index) => stateAt(index))).not.toContain('half-open')
    expect(await send(2, model)).toMatchObject({ served: 'one/m' })
    await look()
    for (let index = 0; index < 4; index += 1) expect(await send(index, model)).toMatchObject({ served: 'one/m' })
  })

  it('ask the last deployment all the same, before its time: one call after another, until it is well', async () => {
    await start(2)
    await eject()
    expect(await send(1, 'alone')).toMatchObject({ status: 502 })
    expect(primary.calls).toHaveLength(1)
    primary.plan(null)
    expect(await send(0, 'alone')).toMatchObject({ status: 200, served: 'one/m' })
    await look()
    expect(await send(1, 'alone')).toMatchObject({ status: 200, served: 'one/m' })
  })

  it('do not call a primary of which one was told that it has no room', async () => {
    await start(2)
    primary.plan({ fault: { kind: 'status', status: 429, retryAfterSeconds: 60 } })
    expect(await send(0)).toMatchObject({ status: 200, fallback: 'rate_limited' })
    await look()
    primary.clear()
    expect(await send(1)).toMatchObject({ status: 200, fallback: 'saturated' })
    expect(primary.calls).toEqual([])
  })
})

describe('a Redis that is away', () => {
  it.each(['hangs', 'dies'] as const)(
    '(%s) leaves each gateway a breaker of its own, fails no call, and they come together again',
    async (how) => {
      await start(2, 50)
      await eject()
      forwardMs += 30_000
      if (how === 'hangs') redis.freeze()
      else await redis.kill()
      primary.plan(DOWN)
      // Each probes by itself: nobody can say that the other does.
      for (let index = 0; index < 2; index += 1)
        expect(await send(index)).toMatchObject({ status: 200, served: 'two/m' })
      expect(primary.calls.length).toBeLessThanOrEqual(2)
      primary.plan(null)
      for (let index = 0; index < 2; index += 1) {
        await expect.poll(() => gateway(index).service.house.health.condition().state, { timeout: 10_000 }).toBe('away')
        expect(await breakerRows(index)).toContainEqual(expect.objectContaining({ deployment: 'one/m', shared: false }))
        const ready = await fetch(`${gateway(index).url}/readyz`)
        expect([ready.status, await ready.json()]).toMatchObject([200, { breakers: { state: 'away' } }])
      }
      forwardMs += 30_000
      for (let index = 0; index < 2; index += 1)
        expect(await send(index)).toMatchObject({ status: 200, served: 'one/m' })

      if (how === 'hangs') redis.thaw()
      else await redis.start()
      for (let index = 0; index < 2; index += 1) {
        await expect.poll(() => gateway(index).service.house.health.condition().state, { timeout: 15_000 }).toBe('ok')
      }
      await expect.poll(() => [stateAt(0), stateAt(1)], { timeout: 10_000 }).toEqual(['closed', 'closed'])
      await eject()
      expect(await send(1)).toMatchObject({ fallback: 'circuit_open' })
      // Every attempt is in the books of its gateway, once: none of this is about money.
      for (const { service } of gateways) {
        const { rows } = await service.house.storage.reader.events({ limit: 1000 })
        expect(new Set(rows.map(({ traceId, attempt }) => `${traceId}/${attempt}`)).size).toBe(rows.length)
      }
    },
  )
})

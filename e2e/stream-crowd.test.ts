import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { nanoUsdFrom } from '../src/canonical/money.ts'
import { NO_LIMITS } from '../src/config/sections/plans.ts'
import { PRICE, type Running, startRunning } from './running-gateway.ts'

/*
 * Many streams and little money, on real PostgreSQL and over real sockets. Hardly anybody names a cap, and the model may say 64,000 tokens, so none could be held for
 * its worst case.
 */

const TOKENS = 200

let dataDir: string
let running: Running

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-crowd-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(dataDir, 0o755)
  const model = { price: PRICE, context: 200_000, max_output: 64_000 }
  running = await startRunning((wall) => ({
    storage: { url: `embedded:${dataDir}` },
    providers: {
      oa: {
        type: 'openai',
        base_url: wall.openaiUrl,
        api_key: 'sk',
        models: { m: model, new: model, cold: model, capped: model },
      },
    },
    models: {},
  }))
})
afterAll(async () => {
  await running.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function allow(tenantId: string, dailyLimit: bigint): void {
  const { house } = running.service
  const tenant = { ...NO_LIMITS, id: tenantId, plan: null, timezone: 'UTC', dailyLimit }
  house.reload({ ...house.config(), tenants: new Map([...house.config().tenants, [tenantId, tenant]]) })
}

/** One stream to its end: how it finished, or the error it was refused with. */
async function stream(tenantId: string, model = 'm', cap?: number): Promise<string> {
  const reply = await running.gateway.fetchFor({ tenantId, feature: 'crowd' })('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({
      model: `oa/${model}`,
      stream: true,
      ...(cap === undefined ? {} : { max_tokens: cap }),
      messages: [{ role: 'user', content: 'Tell me.' }],
    }),
  })
  const text = await reply.text()
  if (reply.status !== 200) return reply.headers.get('x-headgate-error') ?? String(reply.status)
  return /"finish_reason":"(\w+)"/.exec(text)?.[1] ?? 'broken'
}

async function spentBy(tenantId: string): Promise<bigint> {
  const { reader } = running.service.house.storage
  // Whoever finds no connection at once is told to try again.
  const { rows } = await vi.waitFor(() => reader.events({ limit: 1000, tenantId }), { timeout: 20_000, interval: 250 })
  return rows.reduce((sum, row) => sum + row.cost, 0n)
}

function count(ends: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const end of ends) counts[end] = (counts[end] ?? 0) + 1
  return counts
}

describe('when money is short', () => {
  it('of 300 streams on money for 20, at least 15 end whole, and the budget holds', async () => {
    running.wall.plan({ tokens: TOKENS, betweenEventsMs: 2 })
    await stream('measure')
    const limit = (await spentBy('measure')) * 20n
    allow('crowd', limit)
    const ends = count(await Promise.all(Array.from({ length: 300 }, () => stream('crowd'))))
    const { stop = 0, length = 0, budget_exceeded: refused = 0, ...others } = ends
    expect(others).toEqual({})
    expect(stop).toBeGreaterThanOrEqual(15)
    expect(stop + length + refused).toBe(300)
    expect(await spentBy('crowd')).toBeLessThanOrEqual(limit)
    expect(running.wall.completed.length).toBeGreaterThanOrEqual(stop)
  })

  it('answers of very different lengths share it, the shorter ones leaving to the longer ones what they did not need', async () => {
    let call = 0
    running.wall.plan(() => {
      call += 1
      return { tokens: 60 + ((call * 97) % 280), betweenEventsMs: 2 }
    })
    for (let warm = 0; warm < 16; warm += 1) await stream('mixed')
    const limit = ((await spentBy('mixed')) * 20n) / 16n
    allow('mixed-crowd', limit)
    const ends = count(await Promise.all(Array.from({ length: 100 }, () => stream('mixed-crowd'))))
    expect(ends.stop).toBeGreaterThanOrEqual(12)
    expect(await spentBy('mixed-crowd')).toBeLessThanOrEqual(limit)
  })

  it('ten cents let twenty agents work at once on a model that might say 64,000 tokens each', async () => {
    running.wall.plan({ tokens: 400, betweenEventsMs: 1 })
    await stream('warm')
    const limit = nanoUsdFrom(0.1)
    allow('agents', limit)
    const ends = count(await Promise.all(Array.from({ length: 20 }, () => stream('agents'))))
    expect(ends).toEqual({ stop: 20 })
    expect(await spentBy('agents')).toBeLessThanOrEqual(limit)
  })

  it('a crowd on a model that nobody knows yet waits for what its first answers teach', async () => {
    const limit = (await spentBy('measure')) * 20n
    running.wall.plan({ tokens: TOKENS, betweenEventsMs: 2 })
    allow('cold-crowd', limit)
    const ends = count(await Promise.all(Array.from({ length: 300 }, () => stream('cold-crowd', 'cold'))))
    expect(ends.stop).toBeGreaterThanOrEqual(15)
    expect(await spentBy('cold-crowd')).toBeLessThanOrEqual(limit)
  })

  it('so does one whose callers allow answers far longer than they get', async () => {
    const limit = (await spentBy('measure')) * 20n
    running.wall.plan({ tokens: TOKENS, betweenEventsMs: 2 })
    allow('capped-crowd', limit)
    const ends = count(await Promise.all(Array.from({ length: 100 }, () => stream('capped-crowd', 'capped', 1000))))
    expect(ends.stop).toBeGreaterThanOrEqual(15)
    expect(await spentBy('capped-crowd')).toBeLessThanOrEqual(limit)
  })

  it('and whoever comes first to a model that nobody knows yet is not refused', async () => {
    running.wall.plan({ tokens: 90 })
    allow('newcomer', nanoUsdFrom(0.002))
    expect(await stream('newcomer', 'new')).toBe('stop')
  })
})

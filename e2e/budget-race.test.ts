import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nanoUsdFrom, usdNumber } from '../src/canonical/money.ts'
import { NO_LIMITS } from '../src/config/sections/plans.ts'
import { PRICE, type Running, startRunning } from './running-gateway.ts'

/*
 * The promise of a budget, on real PostgreSQL and over real sockets: 200 callers at once against money for 50 worst cases.
 */

const CALLERS = 200
const PAID_FOR = 50

let dataDir: string
let running: Running

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-race-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(dataDir, 0o755)
  running = await startRunning(() => ({ storage: { url: `embedded:${dataDir}` } }))
})
afterAll(async () => {
  await running.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function call(tenant: string): Promise<Response> {
  return running.gateway.fetchFor({ tenantId: tenant, feature: 'race' })('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'oa/m', max_tokens: 100, messages: [{ role: 'user', content: 'Spend it.' }] }),
  })
}

async function rowsOf(tenantId: string) {
  return (await running.service.house.storage.reader.events({ limit: 1000, tenantId })).rows
}

describe('a budget under 200 concurrent calls', () => {
  it('pays for 50, refuses the rest for good, and its books add up to the nano-dollar', async () => {
    await (await call('measure')).text()
    const [measured] = await rowsOf('measure')
    const worstCase = measured?.estimatedCost ?? 0n
    expect(worstCase).toBeGreaterThan(0n)

    const { house } = running.service
    const limit = worstCase * BigInt(PAID_FOR)
    const tenant = { ...NO_LIMITS, id: 'poor', plan: null, timezone: 'UTC', dailyLimit: limit }
    house.reload({ ...house.config(), tenants: new Map([['poor', tenant]]) })
    running.wall.clear()
    running.wall.plan({ tokens: 80, firstByteDelayMs: 1_500 })

    const replies = await Promise.all(Array.from({ length: CALLERS }, () => call('poor')))
    const served = replies.filter((reply) => reply.status === 200)
    const refused = replies.filter((reply) => reply.status === 429)
    expect(served.length + refused.length).toBe(CALLERS)
    expect(running.wall.completed.length).toBe(served.length)
    expect(served.length).toBeLessThanOrEqual(PAID_FOR)
    // Nor is money left lying about: every call that could be paid was served.
    expect(served.length).toBe(PAID_FOR)
    for (const reply of refused) {
      expect(reply.headers.get('x-headgate-error')).toBe('budget_exceeded')
      expect(reply.headers.get('x-should-retry')).toBe('false')
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await reply.json()).toMatchObject({ error: { code: 'budget_exceeded' } })
    }

    const rows = await rowsOf('poor')
    expect(rows.filter(({ status }) => status === 'completed').length).toBe(served.length)
    expect(rows.filter(({ status }) => status === 'refused').length).toBe(refused.length)
    let billed = 0n
    for (const { billed: tokens } of running.wall.completed) {
      billed += BigInt(tokens.inputTokens) * nanoUsdFrom(PRICE.input_per_mtok)
      billed += BigInt(tokens.outputTokens) * nanoUsdFrom(PRICE.output_per_mtok)
    }
    const booked = rows.reduce((sum, row) => sum + row.cost, 0n)
    expect(usdNumber(booked)).toBe(usdNumber(billed / 1_000_000n))
    expect(booked * 1_000_000n).toBe(billed)

    await house.money.close()
    const [budget] = (await house.storage.ledger.budgets()).filter(({ key }) => key.includes('poor'))
    expect(budget?.posted).toBe(booked)
    expect(budget?.sliced).toBe(0n)
  })
})

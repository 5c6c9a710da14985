import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../src/config/schema.ts'
import type { Log } from '../src/gateway/log.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import type { JsonObject } from '../src/lib/json.ts'
import type { UsageRow } from '../src/storage/contracts/ledger-store.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * What calls cost in the end, through the public surface: the way they were served, tools that the provider ran, attempts that failed and were
 * billed, markups, and models whose price nobody knows. The figures are of the price list: gpt-5-mini 0.25 and 2 USD per million tokens, claude-haiku-4-5
 * 1 and 5, a web search at Anthropic one cent.
 */

let running: Running
afterEach(() => running.stop())

async function start(more: Partial<ConfigInput> = {}, log: Log = SILENT_LOG): Promise<void> {
  running = await startRunning(
    (wall) => ({
      providers: {
        oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa' },
        an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an' },
      },
      models: {},
      ...more,
    }),
    log,
  )
}

interface Sent {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function post(path: string, body: object, tenantId = 'acme'): Promise<Sent> {
  const call = running.gateway.fetchFor({ tenantId, feature: 'test' })
  const reply = await call(`http://headgate${path}`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello.' }], max_tokens: 2000, ...body }),
  })
  return { status: reply.status, headers: reply.headers, text: await reply.text() }
}

const chat = (body: object, tenantId?: string) =>
  post('/v1/chat/completions', { model: 'oa/gpt-5-mini', ...body }, tenantId)
const message = (body: object) => post('/v1/messages', { model: 'an/claude-haiku-4-5', ...body })

async function rowsOf(sent: Sent): Promise<readonly UsageRow[]> {
  const traceId = sent.headers.get('x-headgate-trace-id') ?? ''
  const { rows } = await running.service.house.storage.reader.events({ limit: 100, traceId })
  return rows.toSorted((one, other) => one.attempt - other.attempt)
}

const THOUSAND_EACH = { prompt_tokens: 1000, completion_tokens: 1000 }
const STREAMED = { stream: true, stream_options: { include_usage: true } }

describe('service tiers', () => {
  it.each([
    ['nothing', undefined, 'default', 2_250_000n],
    ['flex, and flex it was', 'flex', 'flex', 1_125_000n],
    ['flex, and there was no room for it', 'flex', 'default', 2_250_000n],
    ['priority, and priority it was', 'priority', 'priority', 4_050_000n],
    ['priority, and it was served like others', 'priority', 'default', 2_250_000n],
    ['nothing, and the account is a priority one', undefined, 'priority', 4_050_000n],
  ])('OpenAI, asked for %s: what was served is paid, in one piece and streamed', async (_, asked, served, cost) => {
    await start()
    for (const how of [{}, STREAMED]) {
      running.wall.plan({ serviceTier: served, usage: THOUSAND_EACH })
      const sent = await chat({ ...how, ...(asked ? { service_tier: asked } : {}) })
      expect(sent.status).toBe(200)
      expect(await rowsOf(sent)).toMatchObject([
        { status: 'completed', cost, serviceTierAsked: asked ?? null, serviceTier: served },
      ])
    }
    expect(running.wall.calls.map(({ body }) => (body as JsonObject).service_tier)).toEqual([asked, asked])
  })

  it('Anthropic: the tier of the answer is stored, in one piece and streamed', async () => {
    await start()
    for (const stream of [false, true]) {
      running.wall.plan({ serviceTier: 'priority', usage: { input_tokens: 1000, output_tokens: 1000 } })
      const sent = await message({ stream, service_tier: 'auto' })
      expect(await rowsOf(sent)).toMatchObject([
        { cost: 6_000_000n, serviceTierAsked: 'auto', serviceTier: 'priority', priceVersion: expect.any(String) },
      ])
    }
  })

  it('one whose price is not known is not asked for', async () => {
    await start()
    const sent = await chat({ service_tier: 'hyperspeed' })
    expect([sent.status, sent.text]).toEqual([403, expect.stringContaining('the service tier \\"hyperspeed\\"')])
    expect(running.wall.calls).toEqual([])
  })
})

describe('tools that the provider runs', () => {
  const WEB_SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 5 }

  it('are paid by the use, beside the tokens', async () => {
    await start()
    for (const stream of [false, true]) {
      const usage = { input_tokens: 1000, output_tokens: 1000, server_tool_use: { web_search_requests: 3 } }
      running.wall.plan({ usage })
      const sent = await message({ stream, tools: [WEB_SEARCH] })
      expect(await rowsOf(sent)).toMatchObject([{ cost: 36_000_000n, toolFees: 30_000_000n }])
    }
  })

  it('are held before, with the tokens that they may bring', async () => {
    await start({ tenants: { acme: { daily_usd_limit: 0.12 } } })
    const dear = await message({ tools: [WEB_SEARCH] })
    expect([dear.status, dear.text]).toEqual([429, expect.stringContaining('budget_exceeded')])
    expect((await message({ tools: [{ ...WEB_SEARCH, max_uses: 3 }] })).status).toBe(200)
  })

  it('teach nothing about the size of prompts', async () => {
    await start()
    const mine = { name: 'mine', input_schema: { type: 'object' } }
    const estimated = async () => {
      running.wall.plan({ usage: { input_tokens: 0 } })
      return (await rowsOf(await message({ tools: [mine] })))[0]?.estimatedCost
    }
    const before = await estimated()
    running.wall.plan({ usage: { input_tokens: 150_000 } })
    expect((await message({ tools: [mine, WEB_SEARCH] })).status).toBe(200)
    expect(await estimated()).toBe(before)
  })

  it('are not called when nobody knows what they cost', async () => {
    await start()
    const sent = await message({ tools: [{ type: 'time_machine_20300101', name: 'time_machine' }] })
    expect([sent.status, sent.text]).toEqual([403, expect.stringContaining('tools that the provider runs')])
  })
})

describe('an attempt that failed and was billed', () => {
  it('costs what its own model takes, and the next one settles for itself', async () => {
    await start({ models: { pair: ['oa/gpt-5-mini', 'an/claude-haiku-4-5'] } })
    const error = { error: { message: 'ran out of steam', type: 'server_error' }, usage: THOUSAND_EACH }
    running.wall.plan([
      { fault: { kind: 'status', status: 500, body: { text: JSON.stringify(error) } } },
      { usage: { input_tokens: 1000, output_tokens: 1000 } },
    ])
    const sent = await chat({ model: 'pair' })
    expect(sent.status).toBe(200)
    expect(await rowsOf(sent)).toMatchObject([
      { attempt: 1, status: 'failed', deployment: 'oa/gpt-5-mini', cost: 2_250_000n, inputTokens: 1000 },
      { attempt: 2, status: 'completed', deployment: 'an/claude-haiku-4-5', cost: 6_000_000n },
    ])
  })
})

describe('a markup', () => {
  it('is charged and counts in no budget: cost and charge stand side by side', async () => {
    await start({
      plans: { reseller: { markup: 0.15, daily_usd_limit: 0.0095 } },
      tenants: { acme: { plan: 'reseller' }, kin: { plan: 'reseller', markup: 0 } },
    })
    running.wall.plan({ usage: THOUSAND_EACH })
    const rows = await rowsOf(await chat({ max_tokens: 1000 }))
    expect(rows).toMatchObject([{ cost: 2_250_000n, charge: 2_587_500n }])
    expect(await rowsOf(await chat({ max_tokens: 1000 }, 'kin'))).toMatchObject([
      { cost: 2_250_000n, charge: 2_250_000n },
    ])
    // Four calls cost 0.009; with the markup they would be 0.01035.
    for (let call = 2; call <= 4; call += 1) expect((await chat({ max_tokens: 1000 })).status).toBe(200)
    const { house } = running.service
    const sums = await house.storage.reader.usage({ groupBy: ['tenant_id'], tenantId: 'acme' })
    expect(sums).toMatchObject([{ cost: 9_000_000n, charge: 10_350_000n }])
    const traceId = rows[0]?.traceId ?? ''
    expect((await house.storage.reader.trace(traceId, null))?.request).toMatchObject({ charge: 2_587_500n })
  })
})

describe('a model whose price nobody knows', () => {
  it('is refused', async () => {
    await start()
    const sent = await chat({ model: 'oa/of-next-year' })
    expect([sent.status, sent.text]).toEqual([403, expect.stringContaining('price_unknown')])
  })

  it('under `ceiling` counts at the price that the operator named, and the row says so', async () => {
    await start({ unknown_price: 'ceiling', price_ceiling: { input_per_mtok: 20, output_per_mtok: 100 } })
    running.wall.plan({ usage: THOUSAND_EACH })
    const sent = await chat({ model: 'oa/of-next-year' })
    expect(await rowsOf(sent)).toMatchObject([{ cost: 120_000_000n, priceVersion: 'unknown' }])
    expect(sent.headers.get('x-headgate-flags')).toBeNull()
  })

  it('under `flag` costs as much as the provider’s dearest, and is told of: in the reply, the log and an alert', async () => {
    const warned: object[] = []
    await start({ unknown_price: 'flag' }, { ...SILENT_LOG, warn: (facts) => warned.push(facts) })
    running.wall.plan({ usage: THOUSAND_EACH })
    const sent = await chat({ model: 'oa/of-next-year' })
    const [row] = await rowsOf(sent)
    expect(row).toMatchObject({ priceVersion: 'unknown' })
    expect(row?.cost).toBeGreaterThan(100_000_000n)
    expect(sent.headers.get('x-headgate-flags')).toBe('unknown_price')
    expect(warned).toContainEqual({ deployment: 'oa/of-next-year', price_version: 'unknown' })
    await chat({ model: 'oa/of-next-year' })
    expect(warned.filter((facts) => 'price_version' in facts)).toHaveLength(1)
  })

  it('is free when the operator says that it is', async () => {
    const free = { price: { input_per_mtok: 0, output_per_mtok: 0 } }
    await start()
    await running.stop()
    running = await startRunning((wall) => ({
      providers: { own: { type: 'openai-compatible', base_url: wall.openaiUrl, models: { llama: free } } },
      models: {},
    }))
    const [row] = await rowsOf(await chat({ model: 'own/llama' }))
    expect(row).toMatchObject({ status: 'completed', cost: 0n })
    expect(row?.priceVersion).toMatch(/^config:/)
  })
})

describe('the price that a row names', () => {
  it('is kept with it, as it was', async () => {
    await start()
    running.wall.plan({ usage: THOUSAND_EACH, serviceTier: 'flex' })
    const [row] = await rowsOf(await chat({ service_tier: 'flex' }))
    const kept = await running.service.house.storage.reader.price(row?.priceVersion ?? '')
    expect(kept).toMatchObject({ provider: 'oa', model: 'gpt-5-mini' })
    expect(kept?.rates).toMatchObject({ input: '0.125000000', output: '1.000000000' })
  })
})

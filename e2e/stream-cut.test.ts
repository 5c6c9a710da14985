import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nanoUsdFrom } from '../src/canonical/money.ts'
import { NO_LIMITS } from '../src/config/sections/plans.ts'
import { fillerText } from '../src/testing/index.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * A stream whose budget runs out. It ends there: as an answer that reached its cap, in the words of whoever asked, by every client and over either upstream; and
 * what the caller saw is in the books.
 */

/** Money for some hundreds of tokens; nobody names a cap, so the model's own of 8,000 holds. */
const LIMIT_USD = 0.004
const ANSWER_TOKENS = 3_000
const TOOLS = [{ name: 'write', arguments: { text: fillerText(ANSWER_TOKENS) } }]

let running: Running
let tenant = ''
let tenants = 0

beforeAll(async () => {
  running = await startRunning(() => ({
    models: { 'via-openai': ['oa/m'], 'via-anthropic': ['an/m'], both: ['oa/m', 'oa/other'] },
    tasks: { pair: { default: 'both', retry: { attempts: 0 } } },
    plans: { poor: { daily_usd_limit: LIMIT_USD } },
    tenants: {
      // Who calls over HTTP without a key.
      default: { plan: 'poor' },
      ...Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`t${index}`, { plan: 'poor' }])),
    },
  }))
})
afterAll(() => running.stop())
beforeEach(() => {
  running.wall.clear()
  running.wall.plan({ tokens: ANSWER_TOKENS, betweenEventsMs: 1 })
  tenant = `t${tenants}`
  tenants += 1
})

const UPSTREAMS = ['via-openai', 'via-anthropic'] as const
const fetchNow: typeof fetch = (input, init) =>
  running.gateway.fetchFor({ tenantId: tenant, feature: 'e2e' })(input, init)
const openai = () => new OpenAI({ baseURL: 'http://headgate/v1', apiKey: 'any', maxRetries: 0, fetch: fetchNow })
const anthropic = () => new Anthropic({ baseURL: 'http://headgate', apiKey: 'any', maxRetries: 0, fetch: fetchNow })
const messages = [{ role: 'user' as const, content: 'Go on and on.' }]

/** The one row of the call, and what its budget says once nothing runs any more. */
async function books() {
  const { storage } = running.service.house
  const [row, ...others] = (await storage.reader.events({ limit: 10, tenantId: tenant })).rows
  expect(others).toEqual([])
  if (!row) throw new Error('there is no row')
  const [budget] = (await storage.ledger.budgets()).filter(({ key }) => key === `tenant=${tenant}/usd/day`)
  const request = (await storage.reader.trace(row.traceId, tenant))?.request
  return { row, budget, flags: request?.flags, status: request?.status }
}

/** What must be true however the cut was told. */
async function expectCut(seenTokens: number, atLeast = 100): Promise<void> {
  expect(seenTokens).toBeGreaterThan(atLeast)
  expect(seenTokens).toBeLessThan(ANSWER_TOKENS)
  const { row, budget, flags, status } = await books()
  expect(row).toMatchObject({ status: 'incomplete', finishReason: 'length', usageEstimated: true, errorCode: null })
  expect({ flags, status }).toEqual({ flags: ['budget_cut'], status: 'incomplete' })
  // All that was shown is booked, at what the provider's tokens cost at least.
  expect(row.outputTokens).toBeGreaterThanOrEqual(seenTokens)
  expect(row.cost).toBeLessThanOrEqual(nanoUsdFrom(LIMIT_USD))
  expect(budget?.posted).toBe(row.cost)
  const call = await running.wall.waitFor(({ outcome }) => outcome !== 'open')
  expect(call.outcome).toBe('aborted')
}

const words = (text: string): number => text.trim().split(/\s+/).length

describe.each(UPSTREAMS)('over %s', (model) => {
  it('the openai client sees a length finish, and the usage it asked for', async () => {
    const stream = await openai().chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    const finishes: (string | null)[] = []
    let usage: OpenAI.CompletionUsage | null = null
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason)
      usage = chunk.usage ?? usage
    }
    expect(fillerText(ANSWER_TOKENS).startsWith(text)).toBe(true)
    expect(finishes).toEqual(['length'])
    await expectCut(words(text))
    const { row } = await books()
    expect(usage).toMatchObject({ prompt_tokens: row.inputTokens, completion_tokens: row.outputTokens })
  })

  it('the openai client sees no usage that it did not ask for, and the marker once', async () => {
    const reply = await openai().chat.completions.create({ model, messages, stream: true }).asResponse()
    const text = await reply.text()
    expect(text.endsWith('"finish_reason":"length"}]}\n\ndata: [DONE]\n\n')).toBe(true)
    expect(text.split('[DONE]')).toHaveLength(2)
    expect(text).not.toContain('"prompt_tokens"')
  })

  it('the anthropic client sees a whole message that reached max_tokens', async () => {
    const stream = anthropic().messages.stream({ model, messages, max_tokens: 8_000 })
    const message = await stream.finalMessage()
    const [block] = message.content
    const text = block?.type === 'text' ? block.text : ''
    expect(fillerText(ANSWER_TOKENS).startsWith(text)).toBe(true)
    expect(message.stop_reason).toBe('max_tokens')
    await expectCut(words(text))
    const { row } = await books()
    expect(message.usage.output_tokens).toBe(row.outputTokens)
  })

  it('a tool call that was under way is closed, for either client', async () => {
    running.wall.plan({ toolCalls: TOOLS, betweenEventsMs: 1 })
    const parameters = { type: 'object' as const, properties: { text: { type: 'string' } } }
    const tool = { type: 'function' as const, function: { name: 'write', parameters } }
    const stream = await openai().chat.completions.create({ model, messages, tools: [tool], stream: true })
    let args = ''
    let finish: string | null = null
    for await (const { choices } of stream) {
      args += choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? ''
      finish = choices[0]?.finish_reason ?? finish
    }
    expect(finish).toBe('length')
    expect(JSON.stringify(TOOLS[0]?.arguments).startsWith(args)).toBe(true)
    // It ends before a second call, like the one that it had, would be too much.
    await expectCut(words(args), 50)

    tenant = `t${tenants}`
    tenants += 1
    const events: string[] = []
    const told = anthropic().messages.stream({
      model,
      messages,
      max_tokens: 8_000,
      tools: [{ name: 'write', input_schema: parameters }],
    })
    told.on('streamEvent', ({ type }) => void events.push(type))
    const message = await told.finalMessage().catch((error: unknown) => String(error))
    expect(events.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop'])
    if (typeof message !== 'string') expect(message.stop_reason).toBe('max_tokens')
  })

  it('the library tells it as a length finish with a flag', async () => {
    const stream = running.gateway.stream({ tenantId: tenant, feature: 'e2e', model, messages })
    const ends: string[] = []
    for await (const event of stream) if (event.type === 'message-end') ends.push(event.finishReason)
    const answer = await stream.answer
    expect(ends).toEqual(['length'])
    expect(answer).toMatchObject({ finishReason: 'length', flags: ['budget_cut'] })
    await expectCut(words(answer.text))
  })
})

it('over a socket, the cut ends the reply as HTTP says it should', async () => {
  tenant = 'default'
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
    body: JSON.stringify({ model: 'via-openai', messages, stream: true }),
  })
  const text = await reply.text()
  expect(text).toMatch(/"finish_reason":"length"\}\]\}\n\ndata: \[DONE\]\n\n$/)
  await expectCut([...text.matchAll(/"content":" ?\w+"/g)].length)
})

it('a fallback that the budget does not cover is not tried', async () => {
  const { house } = running.service
  const ask = { tenantId: tenant, feature: 'e2e', model: 'pair', messages, maxOutputTokens: 100 }
  // The first attempt may have been charged for its prompt; the second needs more than is left then.
  running.wall.plan({ fault: { kind: 'error-event', after: 'headers' } })
  const limits = (dailyLimit: bigint) => {
    const one = { ...NO_LIMITS, id: tenant, plan: null, timezone: 'UTC', dailyLimit }
    house.reload({ ...house.config(), tenants: new Map([...house.config().tenants, [tenant, one]]) })
  }
  limits(nanoUsdFrom(1))
  const failed = async () => {
    for await (const _ of running.gateway.stream(ask));
  }
  await expect(failed()).rejects.toThrow(/2 attempts were made/)
  const rows = await house.storage.reader.events({ limit: 10, tenantId: tenant })
  const [second, first] = rows.rows
  const worstCase = first?.estimatedCost ?? 0n
  // A little more than one attempt holds, and less than one that failed has cost.
  limits((first?.cost ?? 0n) + (second?.cost ?? 0n) + worstCase + 5_000n)
  running.wall.clear()
  await expect(failed()).rejects.toThrow(/^oa\/m failed inside its answer: The wall is overloaded\.$/)
  expect(running.wall.calls).toHaveLength(1)
})

describe('a budget with money for more', () => {
  it('lets a long answer end whole, though it is longer than was expected', async () => {
    const answer = await running.gateway.stream({ tenantId: 'rich', feature: 'e2e', model: 'via-openai', messages })
    for await (const _ of answer);
    expect(await answer.answer).toMatchObject({ finishReason: 'stop', flags: [] })
    expect(words((await answer.answer).text)).toBe(ANSWER_TOKENS)
  })

  it('serves the next call after a cut one gave the rest back', async () => {
    running.wall.plan([{ tokens: 30 }, { tokens: 40 }])
    for (const tokens of [30, 40]) {
      const stream = running.gateway.stream({ tenantId: tenant, feature: 'e2e', model: 'via-openai', messages })
      for await (const _ of stream);
      expect(words((await stream.answer).text)).toBe(tokens)
    }
  })
})

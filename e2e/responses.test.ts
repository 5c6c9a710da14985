import OpenAI, { BadRequestError } from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { nanoUsdFrom } from '../src/canonical/money.ts'
import { NO_LIMITS } from '../src/config/sections/plans.ts'
import type { JsonObject } from '../src/lib/json.ts'
import { configFor, MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * The openai client's Responses against OpenAI, whose bytes are passed on, and against Anthropic, whose answers are written anew. What every client sees
 * is in `clients/`; here is what only this API has: no state, structured output, reasoning that travels with the caller, and an end for want of money.
 */

let running: Running

beforeAll(async () => {
  running = await startRunning((wall) => {
    const { oa, an } = configFor(wall).providers
    return {
      providers: {
        ...(oa ? { oa: { ...oa, models: { ...oa.models, 'gpt-5.4': MODEL } } } : {}),
        ...(an ? { an } : {}),
      },
      models: { 'via-openai': ['oa/gpt-5.4'], 'via-anthropic': ['an/m'] },
    }
  })
})
afterAll(() => running.stop())
beforeEach(() => {
  running.wall.plan(null)
  running.wall.clear()
})

const client = () =>
  new OpenAI({
    baseURL: `${running.url}/v1`,
    apiKey: 'anything',
    maxRetries: 0,
    defaultHeaders: { 'x-headgate-feature': 'e2e' },
  })

const sent = (at = 0) => JSON.parse(running.wall.calls[at]?.rawBody ?? '{}') as JsonObject
const UPSTREAMS = ['via-openai', 'via-anthropic'] as const

describe.each(UPSTREAMS)('Responses %s', (model) => {
  it('parses an answer by a schema, whole and streamed', async () => {
    const Place = z.object({ city: z.string(), days: z.number() })
    const ask = { model, input: 'Where, and how long?', text: { format: zodTextFormat(Place, 'place') } }
    running.wall.plan({ text: '{"city":"東京","days":3}' })
    expect((await client().responses.parse(ask)).output_parsed).toEqual({ city: '東京', days: 3 })
    const streamed = await client().responses.stream(ask).finalResponse()
    expect(streamed.output_parsed).toEqual({ city: '東京', days: 3 })
    expect(running.wall.calls[0]?.rawBody).toContain('"days"')
  })

  it('ends as incomplete where the cap is reached', async () => {
    running.wall.plan({ tokens: 60 })
    const { status, incomplete_details: why } = await client().responses.create({
      model,
      input: 'Go on.',
      max_output_tokens: 20,
    })
    expect({ status, why }).toEqual({ status: 'incomplete', why: { reason: 'max_output_tokens' } })
  })

  it.each([
    ['an earlier answer', { previous_response_id: 'resp_68' }, 'previous_response_id'],
    ['a conversation', { conversation: 'conv_1' }, 'conversation'],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, 'prompt'],
    ['a stored item', { input: [{ type: 'item_reference' as const, id: 'msg_1' }] }, 'input[0]'],
  ])('refuses %s, and says what to do', async (_, fields, param) => {
    const failed = await client()
      .responses.create({ model, input: 'Go on.', ...fields })
      .catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(BadRequestError)
    expect(failed).toMatchObject({ code: 'unsupported_parameter', param })
    expect(running.wall.calls).toEqual([])
  })

  it('keeps nothing anywhere, and says so to who asks for it', async () => {
    const { data, response } = await client().responses.create({ model, input: 'Hi.', store: true }).withResponse()
    expect((data as unknown as JsonObject).store).toBe(false)
    expect(response.headers.get('x-headgate-dropped')?.split(',')).toContain('store')
    if (model === 'via-openai') expect(sent()).toMatchObject({ store: false })
  })
})

describe('reasoning of OpenAI', () => {
  const tool = {
    type: 'function' as const,
    name: 'look',
    strict: false,
    parameters: { type: 'object', properties: {} },
  }

  it('is asked for sealed, and goes back as it came, through three turns of tools', async () => {
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'Where is it?' }]
    const seals = ['gAAA1+/==', 'gAAA2\\"==', 'gAAA3 ==']
    for (const signature of seals) {
      running.wall.plan({ reasoning: { text: 'Hm. 🤔', signature }, toolCalls: [{ name: 'look', arguments: {} }] })
      const { output } = await client().responses.create({ model: 'via-openai', input, tools: [tool] })
      input.push(...(output as OpenAI.Responses.ResponseInputItem[]))
      for (const item of output) {
        if (item.type === 'function_call') {
          input.push({ type: 'function_call_output', call_id: item.call_id, output: 'Not here.' })
        }
      }
    }
    running.wall.plan({ text: 'Nowhere.' })
    const { output_text: text } = await client().responses.create({ model: 'via-openai', input, tools: [tool] })
    expect(text).toBe('Nowhere.')
    expect(sent(3)).toEqual({
      model: 'gpt-5.4',
      input: JSON.parse(JSON.stringify(input)),
      tools: [tool],
      include: ['reasoning.encrypted_content'],
      max_output_tokens: MODEL.max_output,
      store: false,
    })
    const items = sent(3).input as JsonObject[]
    expect(items.filter(({ type }) => type === 'reasoning').map((item) => item.encrypted_content)).toEqual(seals)
  })

  it('that came back without its seal is left out, and said to be', async () => {
    const { response } = await client()
      .responses.create({
        model: 'via-openai',
        input: [
          { role: 'user', content: 'Well?' },
          { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
          { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [] },
          { role: 'user', content: 'And now?' },
        ],
      })
      .withResponse()
    expect(running.wall.calls[0]?.rawBody).not.toContain('rs_1')
    expect(response.headers.get('x-headgate-dropped')).toBe('messages[1].content[0]')
  })
})

describe('a stream for which the money runs out', () => {
  it.each([
    ['oa/m', 'passed on'],
    ['an/m', 'translated'],
  ])('of %s, %s, is to the client an answer that became too long', async (model) => {
    const { house } = running.service
    const tenantId = `short-of-${model.slice(0, 2)}`
    const tenant = { ...NO_LIMITS, id: tenantId, plan: null, timezone: 'UTC', dailyLimit: nanoUsdFrom(0.0031) }
    house.reload({ ...house.config(), tenants: new Map([...house.config().tenants, [tenantId, tenant]]) })
    running.wall.plan({ fault: { kind: 'ignore-max-tokens', times: 10 }, chunks: 16, betweenEventsMs: 5 })
    const short = new OpenAI({
      baseURL: 'http://headgate/v1',
      apiKey: 'anything',
      maxRetries: 0,
      fetch: running.gateway.fetchFor({ tenantId, feature: 'e2e' }),
    })
    const stream = short.responses.stream({ model, input: 'Stop when told.' })
    let told = ''
    stream.on('response.output_text.delta', ({ delta }) => {
      told += delta
    })
    const answer = await stream.finalResponse()
    expect(answer).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    expect(answer.output_text).toBe(told)
    expect(told.length).toBeGreaterThan(100)
    expect(answer.usage?.output_tokens).toBeGreaterThan(0)
  })
})

import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isObject } from '../src/lib/json.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * Tasks whose answers must be JSON: one that is not is never shown. Whoever gave it is asked once more, then somebody stricter, and each answer is paid for.
 */

const GOOD = '{"city":"Rome"}'
const SCHEMA = {
  type: 'json_schema',
  json_schema: {
    name: 'city',
    schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
} as const
const messages = [{ role: 'user' as const, content: 'Which city? Answer in JSON.' }]

let running: Running

beforeAll(async () => {
  running = await startRunning(() => ({
    models: { strict: ['an/other'] },
    tasks: {
      json: {
        default: 'oa/m',
        fallback: ['oa/other'],
        response_format: 'json',
        // biome-ignore lint/suspicious/noThenProperty: the word of the configuration
        on_invalid_output: { retries: 1, then: 'strict' },
      },
      plain: { default: 'oa/m', fallback: ['an/m'], response_format: 'json' },
      stubborn: { default: 'oa/m', on_invalid_output: { retries: 2 } },
      alone: {
        default: 'oa/m',
        response_format: 'json',
        fallback_policy: { on: [] },
        on_invalid_output: { retries: 0 },
      },
      live: { default: 'oa/m', response_format: 'json', delivery: 'stream' },
      free: { default: 'oa/m' },
    },
    metadata: { required: [] },
  }))
})
afterAll(() => running.stop())
beforeEach(() => running.wall.clear())

const openai = () => new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'any', maxRetries: 0 })

/** What each call of a deployment is answered with, the last one for all that follow. */
function answers(texts: Readonly<Record<string, readonly string[]>>): void {
  const given = new Map<string, number>()
  running.wall.plan(({ dialect, model }) => {
    const name = `${dialect === 'openai-chat' ? 'oa' : 'an'}/${model}`
    const at = given.get(name) ?? 0
    given.set(name, at + 1)
    const told = texts[name] ?? [GOOD]
    return { text: told[Math.min(at, told.length - 1)] ?? GOOD }
  })
}

async function ask(model: string, more: object = {}) {
  const { data, response } = await openai()
    .chat.completions.create({ model, messages, ...more })
    .withResponse()
  const traceId = response.headers.get('x-headgate-trace-id') ?? ''
  const { rows } = await running.service.house.storage.reader.events({ limit: 20, traceId })
  // Attempts of one millisecond have no order in a list by time.
  const inOrder = rows.toSorted((one, other) => one.attempt - other.attempt)
  return { text: data.choices[0]?.message.content, headers: response.headers, rows: inOrder }
}

const called = () =>
  running.wall.calls.map(({ dialect, model }) => `${dialect === 'openai-chat' ? 'oa' : 'an'}/${model}`)

describe('an answer that is not the JSON that the task asks for', () => {
  it('is asked for once more, of the same model', async () => {
    answers({ 'oa/m': ['Sure: Rome', GOOD] })
    const { text, rows, headers } = await ask('json')
    expect(text).toBe(GOOD)
    expect(called()).toEqual(['oa/m', 'oa/m'])
    expect(headers.get('x-headgate-fallback')).toBeNull()
    expect(rows).toMatchObject([
      { status: 'failed', errorCode: 'output_invalid' },
      { status: 'completed', errorCode: null },
    ])
    for (const row of rows) expect(row.cost).toBeGreaterThan(0n)
  })

  it('twice, is asked for of the model that is kept for that, and not of the fallbacks', async () => {
    answers({ 'oa/m': ['no', 'nor this'] })
    const { text, rows, headers } = await ask('json')
    expect(text).toBe(GOOD)
    expect(called()).toEqual(['oa/m', 'oa/m', 'an/other'])
    expect(headers.get('x-headgate-fallback')).toBe('invalid_output')
    expect(headers.get('x-headgate-model')).toBe('an/other')
    expect(rows.map(({ status }) => status)).toEqual(['failed', 'failed', 'completed'])
  })

  it('falls back as after any failure where nobody is kept for it', async () => {
    answers({ 'oa/m': ['no'] })
    expect((await ask('plain')).text).toBe(GOOD)
    expect(called()).toEqual(['oa/m', 'oa/m', 'an/m'])
  })

  it('is an error that can be retried when nobody does better', async () => {
    answers({ 'oa/m': ['no'], 'an/other': ['neither'] })
    const error = await ask('json').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 502, code: 'output_invalid' })
    expect(String(error)).toContain('The answer is not JSON: it does not parse.')
    expect(called()).toEqual(['oa/m', 'oa/m', 'an/other', 'an/other'])
  })

  it('is not asked for again where the task says so', async () => {
    answers({ 'oa/m': ['no'] })
    await expect(ask('alone')).rejects.toMatchObject({ status: 502, code: 'output_invalid' })
    expect(called()).toEqual(['oa/m'])
  })

  it('says nothing against the deployment, whose breaker stays closed', async () => {
    answers({ 'oa/m': ['no'] })
    for (let calls = 0; calls < 8; calls += 1) await ask('alone').catch(() => undefined)
    const breaker = running.service.house.health.breakers().find(({ deployment }) => deployment === 'oa/m')
    expect(breaker).toMatchObject({ state: 'closed', failures: 0 })
  })

  it('is never seen in a stream either, unless the task wants it as it comes', async () => {
    answers({ 'oa/m': ['no', GOOD, 'no'] })
    const text = async (model: string) => {
      let whole = ''
      for await (const { choices } of await openai().chat.completions.create({ model, messages, stream: true }))
        whole += choices[0]?.delta.content ?? ''
      return whole
    }
    expect(await text('json')).toBe(GOOD)
    expect(await text('live')).toBe('no')
  })
})

describe('the schema of a call', () => {
  it('is held against the answer where the task says what to do then', async () => {
    answers({ 'oa/m': ['{"town":"Rome"}', '{"city":7}', GOOD] })
    const { text, rows } = await ask('stubborn', { response_format: SCHEMA })
    expect(text).toBe(GOOD)
    expect(rows.map(({ status }) => status)).toEqual(['failed', 'failed', 'completed'])
  })

  it('tells in the error where the answer breaks it', async () => {
    answers({ 'oa/m': ['{"city":7}'] })
    await expect(ask('stubborn', { response_format: SCHEMA })).rejects.toThrow('city must be string')
  })

  it('is left to the provider in every other call', async () => {
    answers({ 'oa/m': ['{"city":7}'] })
    expect((await ask('free', { response_format: SCHEMA })).text).toBe('{"city":7}')
    expect((await ask('stubborn')).text).toBe('{"city":7}')
    expect(called()).toEqual(['oa/m', 'oa/m'])
  })
})

it('asks the provider for JSON where the task does and the call does not', async () => {
  answers({})
  await ask('json')
  await ask('free')
  expect(running.wall.calls.map(({ body }) => isObject(body) && body.response_format)).toEqual([
    { type: 'json_object' },
    undefined,
  ])
})

import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HttpServer, startHttpServer } from '../src/server/http-server.ts'
import { fillerText } from '../src/testing/index.ts'
import { INBOUND_FORMATS } from './inbound-formats.ts'
import { RawClient } from './raw-client.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * Streams that are silent for long. Their callers get signs of life, which no client takes for anything else; and whatever the silence ends with,
 * an answer, a failure or another model, is told as it would have been without them.
 */

const SILENCE_MS = 2_300
const WORDS = 12
const said = [{ role: 'user' as const, content: 'Take your time.' }]

let running: Running
/** The same gateway behind sockets whose heart beats far too fast. */
let hurried: HttpServer

beforeAll(async () => {
  running = await startRunning((wall) => {
    const models = { m: MODEL, slow: MODEL, ok: MODEL }
    const timeouts = { connect: '2s', first_byte: '20s', first_token: '20s', idle: '20s', total: '60s' }
    return {
      server: { port: 0, drain: '5s', heartbeat: '1s' },
      providers: {
        oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models, timeouts },
        an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models, timeouts },
      },
      tasks: {
        held: { default: 'oa/slow', delivery: 'whole' },
        falls: { default: 'oa/m', fallback: ['an/ok'] },
      },
      breaker: { failures: null },
      metadata: { required: [] },
    }
  })
  const engine = () => running.service.house.engine()
  const adminPlane = () => undefined
  hurried = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 100_000,
    engine,
    adminPlane,
    heartbeatMs: 1,
  })
})
afterAll(async () => {
  await hurried.close(0)
  await running.stop()
})
beforeEach(() => running.wall.clear())

const FAILS = { kind: 'status', status: 500 } as const

/** What a client makes of a stream. */
interface Heard {
  readonly text: string
  readonly headers: Headers
}

/** The official clients, as they come. */
const CLIENTS: Readonly<Record<string, (model: string) => Promise<Heard>>> = {
  async openai(model) {
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'any', maxRetries: 0 })
    const { data, response } = await client.chat.completions
      .create({ model, messages: said, stream: true })
      .withResponse()
    let text = ''
    for await (const { choices } of data) text += choices[0]?.delta.content ?? ''
    return { text, headers: response.headers }
  },
  async 'openai responses'(model) {
    const client = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'any', maxRetries: 0 })
    const { data, response } = await client.responses
      .create({ model, input: 'Take your time.', stream: true })
      .withResponse()
    let text = ''
    for await (const event of data) {
      if (event.type === 'response.output_text.delta') text += event.delta
      if (event.type === 'error') throw new Error(event.message)
    }
    return { text, headers: response.headers }
  },
  async anthropic(model) {
    const client = new Anthropic({ baseURL: running.url, apiKey: 'any', maxRetries: 0 })
    const asked = { model, messages: said, max_tokens: 1_000, stream: true } as const
    const { data, response } = await client.messages.create(asked).withResponse()
    let text = ''
    for await (const event of data) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
    }
    return { text, headers: response.headers }
  },
  async google(model) {
    const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: running.url } })
    const stream = await client.models.generateContentStream({ model, contents: 'Take your time.' })
    let text = ''
    let headers = {}
    for await (const chunk of stream) {
      text += chunk.text ?? ''
      headers = chunk.sdkHttpResponse?.headers ?? {}
    }
    return { text, headers: new Headers(headers) }
  },
}

async function storyOf(traceId: string | null) {
  const { reader } = running.service.house.storage
  const { rows } = await reader.events({ limit: 5, traceId: traceId ?? 'none' })
  return rows
}

describe.concurrent.each(Object.keys(CLIENTS))('the client of %s', { timeout: 30_000 }, (name) => {
  const hear = (model: string): Promise<Heard> => CLIENTS[name]?.(model) ?? Promise.reject(new Error(name))
  beforeAll(() => plan())

  it.concurrent.each(['oa/slow', 'an/slow', 'held'])('gets an answer that began late, from %s', async (model) => {
    const { text, headers } = await hear(model)
    expect(text).toBe(fillerText(WORDS))
    expect(headers.get('content-type')).toContain('text/event-stream')
    // The head was sent before anybody knew who would answer.
    expect(headers.get('x-headgate-model')).toBeNull()
    const [row, ...others] = await storyOf(headers.get('x-headgate-trace-id'))
    expect([row?.status, others]).toEqual(['completed', []])
    expect(row?.ttftMs).toBeGreaterThanOrEqual(SILENCE_MS - 50)
  })

  it.concurrent('gets the answer of another model when the first fails after a long silence', async () => {
    const { text, headers } = await hear('falls')
    expect(text).toBe(fillerText(WORDS))
    const rows = await storyOf(headers.get('x-headgate-trace-id'))
    const told = new Set(rows.map((row) => `${row.model} ${row.status}`))
    expect([...told].toSorted()).toEqual(['m failed', 'ok completed'])
  })

  it.concurrent('is told of a failure after a long silence', async () => {
    await expect(hear('oa/m')).rejects.toThrow(/500|fail|error/i)
  })
})

/** `slow` is silent and then answers, `m` is silent and fails, `ok` answers at once. */
function plan(): void {
  running.wall.plan((call) => {
    const silent = { tokens: WORDS, firstByteDelayMs: SILENCE_MS }
    if (call.model === 'ok') return { tokens: WORDS }
    return call.model === 'm' ? { ...silent, fault: FAILS } : silent
  })
}

const bodyOf = (model: string) => JSON.stringify({ model, stream: true, messages: said })

async function textFrom(url: string, body: string): Promise<{ reply: Response; text: string }> {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return { reply, text: await reply.text() }
}

describe('on the wire', { timeout: 30_000 }, () => {
  it('a sign of life is a comment with one line end, before the answer and in its pauses, and never inside an event', async () => {
    const fault = { kind: 'framing', byteOrderMark: true } as const
    running.wall.plan({ tokens: WORDS, firstByteDelayMs: 400, betweenEventsMs: 40, fault })
    for (const format of INBOUND_FORMATS.filter(({ name }) => name !== 'gemini')) {
      for (const model of ['oa/ok', 'an/ok']) {
        const { text } = await textFrom(
          hurried.url + format.path(model, true),
          JSON.stringify(format.body(model, true)),
        )
        expect(text).toMatch(/^: ping\n/)
        expect(text).not.toMatch(/: ping\n\n/)
        expect(text).toMatch(format.end)
        const events = text.split('\n\n').slice(0, -1)
        expect(events.filter((event) => event.includes(': ping\n')).length).toBeGreaterThan(2)
        for (const event of events) {
          const lines = event.split('\n')
          const fields = lines.filter((line) => line !== ': ping')
          // All signs come before the event's first line.
          expect(lines.slice(lines.length - fields.length)).toEqual(fields)
          const data = fields.find((line) => line.startsWith('data: '))?.slice(6)
          if (data !== '[DONE]') expect(() => JSON.parse(data ?? '')).not.toThrow()
        }
      }
    }
  })

  it('a sign of life for clients of Gemini, which know no comments, is a blank event', async () => {
    running.wall.plan({ tokens: WORDS, firstByteDelayMs: 400, betweenEventsMs: 40 })
    for (const model of ['oa/ok', 'an/ok']) {
      const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Slowly.' }] }] })
      const { text } = await textFrom(`${hurried.url}/v1beta/models/${model}:streamGenerateContent?alt=sse`, body)
      const events = text.split('\n\n')
      expect(events[0]).toBe('')
      expect(events.filter((event) => event === '').length).toBeGreaterThan(2)
      for (const event of events) if (event !== '') JSON.parse(event.replace(/^data: /, ''))
    }
  })

  it('a list of Gemini has white space instead, and stays one JSON value', async () => {
    running.wall.plan({ tokens: WORDS, firstByteDelayMs: 400, betweenEventsMs: 40 })
    const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Slowly.' }] }] })
    const answered = await textFrom(`${hurried.url}/v1beta/models/oa/ok:streamGenerateContent`, body)
    expect(answered.reply.headers.get('content-type')).toContain('application/json')
    expect(answered.text).toMatch(/^\n+\[/)
    expect(JSON.parse(answered.text).length).toBeGreaterThan(1)
    running.wall.plan({ firstByteDelayMs: 400, fault: FAILS })
    const failed = await textFrom(`${hurried.url}/v1beta/models/oa/ok:streamGenerateContent`, body)
    expect(failed.reply.status).toBe(200)
    expect(JSON.parse(failed.text)).toMatchObject([{ error: { code: 502 } }])
  })

  it.each(INBOUND_FORMATS)('a failure after the head is the error of $name, without a good end', async (format) => {
    running.wall.plan({ firstByteDelayMs: 400, fault: FAILS })
    const body = JSON.stringify(format.body('oa/ok', true))
    const { reply, text } = await textFrom(hurried.url + format.path('oa/ok', true), body)
    expect(reply.status).toBe(200)
    expect(text).toMatch(format.error)
    expect(text).not.toMatch(format.end)
    const [row] = await storyOf(reply.headers.get('x-headgate-trace-id'))
    expect(row).toMatchObject({ status: 'failed', errorCode: 'upstream_failed' })
  })

  it('an answer in time has its headers, and a refusal its status', async () => {
    running.wall.plan({ tokens: WORDS })
    const { reply, text } = await textFrom(`${running.url}/v1/chat/completions`, bodyOf('oa/ok'))
    expect(reply.headers.get('x-headgate-model')).toBe('oa/ok')
    expect(text).not.toContain(': ping')
    const refused = await textFrom(`${hurried.url}/v1/chat/completions`, bodyOf('nobody'))
    expect(refused.reply.status).toBe(404)
  })

  it('an answer that is not streamed keeps its status, however long it takes', async () => {
    running.wall.plan({ firstByteDelayMs: 400, fault: FAILS })
    const body = JSON.stringify({ model: 'oa/ok', messages: said })
    const { reply, text } = await textFrom(`${hurried.url}/v1/chat/completions`, body)
    expect(reply.status).toBe(502)
    expect(JSON.parse(text)).toHaveProperty('error')
  })

  it('a caller who leaves during the silence ends the attempt', async () => {
    running.wall.plan({ fault: { kind: 'hang' } })
    const client = await RawClient.to(hurried.url)
    let heard = ''
    client.socket.on('data', (bytes) => {
      heard += bytes
    })
    client.send('POST', '/v1/chat/completions', ['x-headgate-trace-id: tr_left-in-silence'], bodyOf('oa/ok'))
    await expect.poll(() => heard).toContain(': ping\n')
    client.socket.destroy()
    expect((await running.wall.waitFor(({ endedAt }) => endedAt !== null)).outcome).toBe('aborted')
    await expect.poll(async () => (await storyOf('tr_left-in-silence'))[0]?.status).toBe('client_gone')
  })

  it('a call with an idempotency key is kept without the signs of life', async () => {
    running.wall.plan({ tokens: WORDS, firstByteDelayMs: 400, betweenEventsMs: 40 })
    const ask = async () => {
      const headers = { 'idempotency-key': 'a-slow-one' }
      const reply = await fetch(`${hurried.url}/v1/chat/completions`, {
        method: 'POST',
        headers,
        body: bodyOf('oa/ok'),
      })
      return { replayed: reply.headers.get('idempotent-replayed'), text: await reply.text() }
    }
    const [first, again] = [await ask(), await ask()]
    expect(again).toEqual({ replayed: 'true', text: first.text.replaceAll(': ping\n', '') })
    expect(running.wall.calls).toHaveLength(1)
  })
})

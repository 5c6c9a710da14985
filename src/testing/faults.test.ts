import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, fillerText, type Plan, startWall, type Wall } from './index.ts'

let wall: Wall
beforeAll(async () => {
  wall = await startWall()
})
afterAll(() => wall.close())
afterEach(() => {
  wall.plan(null)
  wall.clear()
})

const DIALECTS = ['openai', 'anthropic'] as const
type DialectName = (typeof DIALECTS)[number]

interface Heard {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** As the network gave them. */
  readonly chunks: readonly Buffer[]
  readonly text: string
  /** Whether HTTP's own end came. */
  readonly whole: boolean
}

interface AskOptions {
  readonly stream?: boolean
  readonly maxTokens?: number
  readonly agent?: Agent
  readonly prefill?: boolean
}

/** One call over plain HTTP. Rejects when no headers come; a reply that breaks off is not `whole`. */
function ask(dialect: DialectName, plan: Plan | undefined, options: AskOptions = {}): Promise<Heard> {
  if (plan) wall.plan(plan)
  const { stream = true, maxTokens = 1000, agent } = options
  const messages = [
    { role: 'user', content: 'hi' },
    ...(options.prefill ? [{ role: 'assistant', content: 'Well' }] : []),
  ]
  const body = {
    model: 'm',
    messages,
    stream,
    max_tokens: maxTokens,
    ...(dialect === 'openai' && stream ? { stream_options: { include_usage: true } } : {}),
  }
  const path = dialect === 'openai' ? '/v1/chat/completions' : '/v1/messages'
  return new Promise((resolve, reject) => {
    const sent = httpRequest(wall.url + path, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01' },
      ...(agent ? { agent } : {}),
    })
    sent.once('response', (reply) => {
      const chunks: Buffer[] = []
      const done = (whole: boolean): void =>
        resolve({
          status: reply.statusCode ?? 0,
          headers: reply.headers,
          chunks,
          text: Buffer.concat(chunks).toString(),
          whole,
        })
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.once('end', () => done(reply.complete))
      reply.once('error', () => done(false))
    })
    sent.once('error', reject)
    sent.end(JSON.stringify(body))
  })
}

const fault = (one: Fault, more: Plan = {}): Plan => ({ tokens: 10, ...more, fault: one })

/** The text of all content events, whatever the format; noise is skipped. */
function contentOf(text: string): string {
  const pieces = text.matchAll(/"(?:content|text)":"((?:[^"\\]|\\.)*)"\}/g)
  return [...pieces].map(([, piece]) => JSON.parse(`"${piece}"`) as string).join('')
}

function errorCode(failure: Promise<Heard>): Promise<string | undefined> {
  return failure.then(
    () => 'answered',
    (error: NodeJS.ErrnoException) => error.code,
  )
}

describe.each(DIALECTS)('%s', (dialect) => {
  const marker = dialect === 'openai' ? 'data: [DONE]' : 'event: message_stop'
  const finish = dialect === 'openai' ? '"finish_reason":"stop"' : '"stop_reason":"end_turn"'

  it('answers well without a fault', async () => {
    const heard = await ask(dialect, { tokens: 10 })
    expect(heard).toMatchObject({ status: 200, whole: true })
    expect(heard.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(contentOf(heard.text)).toBe(fillerText(10))
    expect(heard.text).toContain(finish)
    expect(heard.text).toContain(marker)
  })

  it('status: JSON, a web page, nothing, a megabyte or a given text, with retry-after', async () => {
    const json = await ask(
      dialect,
      fault({ kind: 'status', status: 429, retryAfterSeconds: 2, code: 'c', message: 'm' }),
    )
    expect(json).toMatchObject({ status: 429, headers: { 'retry-after': '2', 'content-type': 'application/json' } })
    expect(JSON.parse(json.text).error).toMatchObject(
      dialect === 'openai' ? { code: 'c', message: 'm' } : { type: 'c' },
    )
    expect((await ask(dialect, fault({ kind: 'status', status: 502, body: 'html' }))).text).toMatch(/^<html>/)
    expect(await ask(dialect, fault({ kind: 'status', status: 500, body: 'empty' }))).toMatchObject({
      status: 500,
      text: '',
    })
    expect((await ask(dialect, fault({ kind: 'status', status: 500, body: 'large' }))).text.length).toBeGreaterThan(1e6)
    expect((await ask(dialect, fault({ kind: 'status', status: 500, body: { text: 'mine' } }))).text).toBe('mine')
    const dated = await ask(dialect, fault({ kind: 'status', status: 503, retryAfterDateSeconds: 3600 }))
    expect(Date.parse(dated.headers['retry-after'] ?? '')).toBeGreaterThan(Date.now() + 3_500_000)
  })

  it('status: a failure may bill', async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 0, input_tokens: 7, output_tokens: 0 }
    expect((await ask(dialect, fault({ kind: 'status', status: 500 }, { usage }))).text).toContain('"usage"')
    expect(wall.calls[0]).toMatchObject({ outcome: 'error', billed: { inputTokens: 7, outputTokens: 0 } })
  })

  it('reset, close and garbage: no HTTP comes', async () => {
    expect(await errorCode(ask(dialect, fault({ kind: 'reset' })))).toBe('ECONNRESET')
    expect(await errorCode(ask(dialect, fault({ kind: 'close' })))).toBe('ECONNRESET')
    expect(await errorCode(ask(dialect, fault({ kind: 'garbage' })))).toMatch(/^HPE_/)
    expect(wall.calls.map((call) => call.outcome)).toEqual(['cut', 'cut', 'cut'])
  })

  it('hang: not even headers come', async () => {
    expect(await errorCode(ask(dialect, fault({ kind: 'hang', forMs: 20 })))).toBe('ECONNRESET')
    expect(wall.calls[0]).toMatchObject({ status: null, firstByteAt: null })
  })

  it('silence: headers come, and then nothing', async () => {
    const heard = await ask(dialect, fault({ kind: 'silence', forMs: 20 }))
    expect(heard).toMatchObject({ status: 200, text: '', whole: false })
  })

  it('silence: comments may come meanwhile', async () => {
    const heard = await ask(dialect, fault({ kind: 'silence', forMs: 100 }, { commentEveryMs: 5 }))
    expect(heard.text).toMatch(/^(: wall is thinking\n\n)+$/)
  })

  it.each([0, 1, 9])('cut, stall and eof after %i content events', async (after) => {
    for (const kind of ['cut', 'stall', 'eof'] as const) {
      const heard = await ask(dialect, fault(kind === 'stall' ? { kind, after, forMs: 5 } : { kind, after }))
      expect(contentOf(heard.text), kind).toBe(fillerText(after))
      expect(heard.text).not.toContain(finish)
      expect(heard.whole).toBe(kind === 'eof')
      expect(wall.calls.at(-1)).toMatchObject({ outcome: 'cut', contentEvents: after, billed: { outputTokens: after } })
    }
  })

  it('cut right after the headers', async () => {
    expect(await ask(dialect, fault({ kind: 'eof', after: 'headers' }))).toMatchObject({
      status: 200,
      text: '',
      whole: true,
    })
  })

  it('no-done: everything but the last marker', async () => {
    const heard = await ask(dialect, fault({ kind: 'no-done' }))
    expect(heard.text).toContain(finish)
    expect(heard.text).not.toContain(marker)
    expect(heard.whole).toBe(true)
    expect(wall.completed).toHaveLength(1)
  })

  it('no-done-hang: the connection stays open after the finish', async () => {
    const answer = ask(dialect, fault({ kind: 'no-done-hang' }))
    await wall.waitFor((call) => call.outcome === 'completed')
    const state = await Promise.race([
      answer.then(() => 'ended'),
      new Promise((resolve) => setImmediate(resolve, 'open')),
    ])
    expect(state).toBe('open')
    await wall.close()
    wall = await startWall()
    await answer
  })

  it('error-event: the first or a later event is an error, and the last one', async () => {
    const first = await ask(dialect, fault({ kind: 'error-event', after: 'headers' }))
    expect(first.text.match(/data: /g)).toHaveLength(1)
    expect(first.text).toContain(dialect === 'openai' ? 'data: {"error":{' : 'event: error\ndata: {"type":"error"')
    const ninth = await ask(dialect, fault({ kind: 'error-event', after: 9 }))
    expect(contentOf(ninth.text)).toBe(fillerText(9))
    expect(ninth.text).not.toContain(finish)
    expect(ninth.whole).toBe(true)
    expect(wall.calls.at(-1)?.outcome).toBe('error')
  })

  it('error-tail: raw JSON that is no event', async () => {
    const heard = await ask(dialect, fault({ kind: 'error-tail', after: 3 }))
    expect(heard.text).toMatch(/\n\n\{"error":\{"code":503.*\}\}$/)
  })

  it('cut-at: broken off at any byte, or ended there', async () => {
    const all = await ask(dialect, fault({ kind: 'cut-at', percent: 100 }))
    expect(all.text).toContain(marker)
    expect([all.whole, wall.calls.at(-1)?.outcome]).toEqual([false, 'completed'])
    for (const how of ['close', 'end'] as const) {
      const part = await ask(dialect, fault({ kind: 'cut-at', percent: 40, how }))
      const bytes = Buffer.byteLength(part.text)
      expect(bytes / Buffer.byteLength(all.text)).toBeCloseTo(0.4, 1)
      expect([part.whole, wall.calls.at(-1)?.outcome]).toEqual([how === 'end', 'cut'])
    }
  })

  it('empty-events: events that say nothing among the others', async () => {
    const heard = await ask(dialect, fault({ kind: 'empty-events', every: 5 }))
    expect(contentOf(heard.text)).toBe(fillerText(10))
    const empty = dialect === 'openai' ? /"choices":\[\]}\n/g : /"type":"ping"/g
    // Anthropic sends one ping anyway.
    expect(heard.text.match(empty)).toHaveLength(dialect === 'openai' ? 2 : 3)
  })

  it('malformed: one broken event, and the rest as usual', async () => {
    const heard = await ask(dialect, fault({ kind: 'malformed', after: 4 }))
    const broken = heard.text.split('\n').filter((line) => line.startsWith('data: {') && !isJson(line.slice(6)))
    expect(broken).toHaveLength(1)
    expect(contentOf(heard.text)).toBe(fillerText(10))
    expect(heard.text).toContain(marker)
  })

  it('usage: missing, twice, early or null', async () => {
    const usages = async (how: 'missing' | 'twice' | 'early' | 'null') => {
      const { text } = await ask(dialect, fault({ kind: 'usage', how }))
      return text.split('\n').filter((line) => /"(?:completion|output)_tokens":10\b/.test(line)).length
    }
    expect([await usages('missing'), await usages('null')]).toEqual([0, 0])
    expect(await usages('twice')).toBe(2)
    const early = (await ask(dialect, fault({ kind: 'usage', how: 'early' }))).text
    expect(early.search(/_tokens":10\b/)).toBeLessThan(early.indexOf('one'))
  })

  it('usage: running, with every piece of an OpenAI-like host', async () => {
    const { text } = await ask(dialect, fault({ kind: 'usage', how: 'running' }))
    const said = [...text.matchAll(/"completion_tokens":(\d+)/g)].map(([, tokens]) => Number(tokens))
    if (dialect === 'openai') expect(said).toEqual([0, ...Array.from({ length: 10 }, (_, at) => at + 1), 10, 10])
  })

  it('comments come between events', async () => {
    const heard = await ask(dialect, fault({ kind: 'comments' }))
    expect(heard.text.startsWith(': OPENROUTER PROCESSING\n\n')).toBe(true)
    expect(contentOf(heard.text)).toBe(fillerText(10))
  })

  it('huge-line: one event of a megabyte', async () => {
    const heard = await ask(dialect, fault({ kind: 'huge-line' }))
    expect(Math.max(...heard.text.split('\n').map((line) => line.length))).toBeGreaterThan(1e6)
  })

  it('slices: the same bytes in many small pieces', async () => {
    const heard = await ask(dialect, fault({ kind: 'slices', bytes: 1 }, { text: 'ü😀' }))
    expect(Math.max(...heard.chunks.map((chunk) => chunk.length))).toBe(1)
    expect(contentOf(heard.text)).toBe('ü😀')
  })

  it('framing: other line ends, no space, a byte order mark, many lines', async () => {
    const text = async (framing: Omit<Extract<Fault, { kind: 'framing' }>, 'kind'>) =>
      (await ask(dialect, fault({ kind: 'framing', ...framing }))).text
    expect((await text({ lineEnding: '\r\n' })).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(await text({ lineEnding: '\r' })).not.toContain('\n')
    expect(await text({ noSpace: true })).not.toContain('data: ')
    expect(await text({ byteOrderMark: true })).toMatch(/^\ufeff(data|event)/)
    expect((await text({ manyLines: true })).split('\n').filter((line) => line.startsWith('data: '))).not.toHaveLength(
      0,
    )
    expect(await text({ manyLines: true })).toMatch(/data: \{\ndata: {2}"/)
  })

  it('content-type: says something else', async () => {
    const heard = await ask(dialect, fault({ kind: 'content-type', value: 'text/html' }))
    expect(heard.headers['content-type']).toBe('text/html')
  })

  it('ok-error and empty-body: status 200 without an answer', async () => {
    expect((await ask(dialect, fault({ kind: 'ok-error' }))).text).toContain('"error"')
    expect(await ask(dialect, fault({ kind: 'empty-body' }))).toMatchObject({ status: 200, text: '', whole: true })
    expect(wall.completed).toHaveLength(0)
  })

  it('redirect: to a place that the log watches', async () => {
    const heard = await ask(dialect, fault({ kind: 'redirect' }))
    expect(heard).toMatchObject({ status: 302, headers: { location: `${wall.url}/redirected` } })
    const away = await ask(dialect, fault({ kind: 'redirect', location: 'http://192.0.2.1/', status: 307 }))
    expect(away).toMatchObject({ status: 307, headers: { location: 'http://192.0.2.1/' } })
  })

  it('ignore-max-tokens: says many times what was allowed', async () => {
    const heard = await ask(dialect, fault({ kind: 'ignore-max-tokens', times: 10 }), { maxTokens: 6 })
    expect(contentOf(heard.text)).toBe(fillerText(60))
    expect(wall.completed[0]?.billed.outputTokens).toBe(60)
  })

  it.each([true, false])('gzip: the same answer, compressed (stream: %s)', async (stream) => {
    const heard = await ask(dialect, fault({ kind: 'gzip' }), { stream })
    expect(heard.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(Buffer.concat(heard.chunks)).toString()).toContain(stream ? finish : fillerText(10))
  })

  it('gzip-bomb: small on the wire, large when opened', async () => {
    const heard = await ask(dialect, fault({ kind: 'gzip-bomb', bytes: 5e6 }), { stream: false })
    const packed = Buffer.concat(heard.chunks)
    expect(packed.length).toBeLessThan(50_000)
    expect(gunzipSync(packed)).toHaveLength(5e6)
  })

  it('no-prefill: the assistant may not have begun', async () => {
    expect(await ask(dialect, fault({ kind: 'no-prefill' }))).toMatchObject({ status: 200 })
    expect(await ask(dialect, undefined, { prefill: true })).toMatchObject({ status: 400 })
  })

  it('a body that is not streamed is cut, stalled or broken as well', async () => {
    const plain = { stream: false }
    for (const kind of ['cut', 'stall'] as const) {
      const heard = await ask(
        dialect,
        fault(kind === 'stall' ? { kind, after: 1, forMs: 5 } : { kind, after: 1 }),
        plain,
      )
      expect(heard).toMatchObject({ status: 200, whole: false })
      expect(wall.calls.at(-1)?.outcome).toBe('cut')
    }
    for (const kind of ['eof', 'malformed'] as const) {
      const heard = await ask(dialect, fault({ kind, after: 1 }), plain)
      expect(heard.whole).toBe(true)
      expect(isJson(heard.text)).toBe(false)
    }
    expect((await ask(dialect, fault({ kind: 'usage', how: 'missing' }), plain)).text).not.toContain('usage')
  })
})

describe('a kept connection', () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  afterAll(() => agent.destroy())

  it('is closed without notice after its answer', async () => {
    const heard = await ask('openai', fault({ kind: 'idle-close', afterMs: 1 }), { agent })
    expect(heard.headers['keep-alive']).toBeUndefined()
    const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])
    if (socket && !socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
    expect(await ask('openai', {}, { agent })).toMatchObject({ status: 200, whole: true })
  })

  it('is reset when it is used again', async () => {
    await ask('openai', fault({ kind: 'reset-on-reuse' }), { agent })
    expect(await errorCode(ask('openai', {}, { agent }))).toBe('ECONNRESET')
    expect(wall.calls.map((call) => call.outcome)).toEqual(['completed', 'cut'])
    expect(await ask('openai', {}, { agent })).toMatchObject({ status: 200 })
  })
})

it('a slow reader stops the writing, and the log shows how much waited', async () => {
  wall.plan({ tokens: 200_000 })
  let sent: ClientRequest | undefined
  const reply = await new Promise<IncomingMessage>((resolve) => {
    sent = httpRequest(`${wall.openaiUrl}/chat/completions`, { method: 'POST' }, resolve)
    sent.end(JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }))
  })
  reply.pause()
  const stuck = await wall.waitFor((call) => call.drains > 0)
  expect(stuck.contentEvents).toBeLessThan(200_000)
  expect(stuck.mostBufferedBytes).toBeLessThan(1_000_000)
  reply.resume()
  const done = await wall.waitFor((call) => call.outcome === 'completed')
  expect(done.mostBufferedBytes).toBeLessThan(1_000_000)
  expect(done.billed.outputTokens).toBe(200_000)
  sent?.destroy()
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RawClient } from './raw-client.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* What only a client that writes its own bytes can do, and what a hostile body can. The process must live, and the next call must pass. */

let running: Running
const logged: object[] = []

beforeAll(async () => {
  running = await startRunning(
    (wall) => ({
      server: { port: 0, drain: '5s', max_body: '20mb' },
      providers: {
        oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models: { m: MODEL } },
        an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models: { m: MODEL } },
      },
    }),
    { ...console, info: () => undefined, warn: () => undefined, error: (facts) => logged.push(facts) },
  )
})
afterAll(() => running.stop())
beforeEach(() => {
  running.wall.plan(null)
  running.wall.clear()
  logged.length = 0
})

const CHAT = '/v1/chat/completions'
const asking = (more: object = {}) =>
  JSON.stringify({ model: 'via-openai', messages: [{ role: 'user', content: 'Hi.' }], ...more })

async function raw(...request: Parameters<RawClient['send']>) {
  const client = await RawClient.to(running.url)
  client.send(...request)
  const reply = await client.reply()
  client.socket.destroy()
  return { ...reply, code: /x-headgate-error: (\w+)/.exec(reply.head)?.[1] }
}

describe('a connection', () => {
  it('is used on after a body that was too large, announced or not', async () => {
    const client = await RawClient.to(running.url)
    const large = Buffer.alloc(21 * 1024 * 1024, 0x20)
    client.send('POST', CHAT, [`content-length: ${large.length}`], large)
    expect((await client.reply()).status).toBe(413)
    client.send('POST', '/v1/messages', ['transfer-encoding: chunked'])
    for (let at = 0; at < large.length; at += 0x10000) {
      const piece = large.subarray(at, at + 0x10000)
      client.socket.write(`${piece.length.toString(16)}\r\n`)
      client.socket.write(piece)
      client.socket.write('\r\n')
    }
    client.socket.write('0\r\n\r\n')
    const refused = await client.reply()
    expect(refused.status).toBe(413)
    expect(JSON.parse(refused.body)).toMatchObject({ type: 'error', error: { type: 'request_too_large' } })
    client.send('POST', CHAT, [], asking())
    expect((await client.reply()).status).toBe(200)
    client.socket.destroy()
  })

  it('is closed under a client that goes on sending what was refused', async () => {
    const client = await RawClient.to(running.url)
    client.send('POST', CHAT, [`content-length: ${1024 ** 4}`], 'x')
    const pushing = setInterval(() => client.socket.writable && client.socket.write(Buffer.alloc(1024)), 5)
    expect((await client.reply()).status).toBe(413)
    await client.closed()
    clearInterval(pushing)
  })

  it('is told to go on when it asks first', async () => {
    const client = await RawClient.to(running.url)
    const body = asking()
    client.send('POST', CHAT, [`content-length: ${body.length}`, 'expect: 100-continue'])
    expect((await client.reply()).status).toBe(100)
    client.socket.write(body)
    expect((await client.reply()).status).toBe(200)
    client.socket.destroy()
  })

  it('may carry several requests at once; replies come in their order', async () => {
    running.wall.plan([{ firstByteDelayMs: 60, text: 'the first' }, { text: 'the second' }])
    const client = await RawClient.to(running.url)
    client.send('POST', CHAT, [], asking()).send('GET', '/v1/models').send('POST', CHAT, [], asking())
    const replies = [await client.reply(), await client.reply(), await client.reply()]
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(replies[1]?.body).toContain('"object":"list"')
    client.socket.destroy()
  })

  it('that breaks in the middle of a body is no mistake of ours', async () => {
    const client = await RawClient.to(running.url)
    client.send('POST', CHAT, ['content-length: 2000'], '{"model":')
    await new Promise((resolve) => setTimeout(resolve, 20))
    client.socket.resetAndDestroy()
    expect((await raw('POST', CHAT, [], asking())).status).toBe(200)
    expect(logged).toEqual([])
  })
})

describe('a request that can be read in two ways', () => {
  const twice: readonly (readonly [string, string[], string])[] = [
    ['two lengths', ['content-length: 2', 'content-length: 3'], '{}x'],
    ['a length and chunks', ['content-length: 5', 'transfer-encoding: chunked'], '0\r\n\r\n'],
    ['a length that is none', ['content-length: +2'], '{}'],
    ['an odd transfer encoding', ['transfer-encoding: chunked, identity'], '0\r\n\r\n'],
    ['a folded header', ['x-one: a', ' b: c', 'content-length: 2'], '{}'],
  ]

  it.each(twice)('is refused: %s', async (_, headers, body) => {
    const client = await RawClient.to(running.url)
    client.send('POST', CHAT, headers, body)
    expect((await client.reply()).status).toBe(400)
    await client.closed()
    expect(running.wall.calls).toEqual([])
  })
})

describe('a method that a path does not have', () => {
  it.each([
    ['GET', CHAT],
    ['OPTIONS', CHAT],
    ['DELETE', '/v1/models'],
    ['POST', '/v1/traces/x'],
    ['GET', '/v1/nothing'],
  ])('is not found: %s %s', async (method, path) => {
    const reply = await raw(method, path, ['origin: http://127.0.0.1:1'])
    expect([reply.status, reply.code]).toEqual([404, 'not_found'])
    expect(reply.head).not.toMatch(/access-control/i)
  })

  it('gives no body to HEAD', async () => {
    const client = await RawClient.to(running.url)
    client.send('HEAD', '/v1/nothing').send('GET', '/v1/models')
    const bytes = await new Promise<string>((resolve) => {
      let text = ''
      client.socket.on('data', (chunk) => {
        text += chunk.toString()
        if (text.includes('"object":"list"')) resolve(text)
      })
    })
    expect(bytes).toMatch(/^HTTP\/1.1 404 [\s\S]*?\r\n\r\nHTTP\/1.1 200 /)
    client.socket.destroy()
  })

  it('is not found either where the path cannot be decoded', async () => {
    expect((await raw('GET', '/v1/traces/%zz')).status).toBe(404)
    expect((await raw('GET', '/v1/traces/..%2f..')).status).toBe(404)
    expect(logged).toEqual([])
  })
})

describe('a hostile body', () => {
  const nested = (levels: number, open: string, close: string): string =>
    `${open.repeat(levels)}1${close.repeat(levels)}`
  const within = (field: string, value: string): string => `${asking().slice(0, -1)},${JSON.stringify(field)}:${value}}`
  const keys = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`
  const tool = (schema: string): string => `[{"type":"function","function":{"name":"f","parameters":${schema}}}]`

  const bodies: readonly (readonly [string, string])[] = [
    ['brackets without end', '['.repeat(100_000)],
    ['100,000 lists in a field nobody knows', within('x', nested(100_000, '[', ']'))],
    ['100,000 objects in the metadata', within('metadata', `{"a":${nested(100_000, '{"a":', '}')}}`)],
    ['100,000 objects in a tool', within('tools', tool(nested(100_000, '{"items":', '}')))],
    [
      '100,000 lists as the content',
      asking({ messages: [] }).replace('[]', `[{"role":"user","content":${nested(100_000, '[', ']')}}]`),
    ],
    ['a million keys', within('x', keys(1_000_000))],
    ['a million keys at the top', `${asking().slice(0, -1)},${keys(1_000_000).slice(1)}`],
    ['numbers without end', `{"model":${'9'.repeat(1_000_000)}}`],
    ['half a pair of surrogates, cut', '{"model":"\\ud83'],
  ]

  it.each(bodies)('is refused: %s', async (_, body) => {
    for (const path of [CHAT, '/v1/messages']) {
      const reply = await raw('POST', path, [], body)
      expect([reply.status, reply.code]).toEqual([400, 'invalid_request'])
      expect(reply.body).not.toMatch(/\.ts:\d/)
    }
    expect(running.wall.calls).toEqual([])
    expect((await raw('POST', CHAT, [], asking())).status).toBe(200)
    expect(logged).toEqual([])
  })

  it('may be 64 levels deep and no more', async () => {
    const statusOf = async (lists: number) =>
      (await raw('POST', CHAT, [], within('x', `${'['.repeat(lists)}${']'.repeat(lists)}`))).status
    expect(await statusOf(63)).toBe(200)
    expect(await statusOf(64)).toBe(400)
  })

  it('changes no prototype', async () => {
    const poison = '{"polluted":1}'
    const body = within('__proto__', poison).replace(
      /}$/,
      `,"constructor":{"prototype":${poison}},"metadata":{"__proto__":${poison},"constructor":"x","order":"7"}}`,
    )
    const headers = ['__proto__: polluted', 'constructor: polluted', 'x-headgate-__proto__: polluted']
    for (const model of ['via-openai', 'via-anthropic']) {
      const reply = await raw('POST', CHAT, headers, body.replace('via-openai', model))
      expect([200, 400]).toContain(reply.status)
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('cannot say what is not text: a lone surrogate and a null byte get through and into the ledger', async () => {
    const reply = await raw('POST', CHAT, ['x-headgate-user-id: u'], asking({ user: '\ud83d\u0000' }))
    expect(reply.status).toBe(200)
  })
})

describe('a header of the reply', () => {
  it.each([
    ['claude-3-haiku-型', 'claude-3-haiku-?'],
    ['claude-3-haiku-x\r\nx-evil: 1', 'claude-3-haiku-x??x-evil: 1'],
  ])('is never broken by the name of a model: %j', async (model, shown) => {
    for (const stream of [false, true]) {
      const reply = await raw('POST', CHAT, [], asking({ model: `an/${model}`, stream }))
      expect(reply.status).toBe(200)
      expect(reply.head).toContain(`\r\nx-headgate-model: an/${shown}\r\n`)
    }
  })

  it.each(['tr_a b', 'tr_"><script>', `tr_${'x'.repeat(200)}`, '../../etc', 'é'])(
    'does not repeat a trace id that is none: %s',
    async (id) => {
      const reply = await raw('POST', CHAT, [`x-headgate-trace-id: ${id}`], asking())
      expect(reply.head).toMatch(/x-headgate-trace-id: [0-9a-f]{32}\r/)
    },
  )
})

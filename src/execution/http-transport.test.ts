import { getEventListeners, once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { CredentialFailure } from '../providers/auth/authenticator.ts'
import { azureTokens } from '../providers/auth/azure.ts'
import type { Timeouts } from '../providers/deployment.ts'
import { unusedUrl } from '../testing/unused-url.ts'
import { endpointAt } from './attempt-world.contract.ts'
import { createHttpTransport } from './http-transport.ts'
import { type RawServer, startRawServer } from './raw-server.contract.ts'
import type { Transport, UpstreamBody, UpstreamCall } from './transport.ts'
import { QueuedBody } from './upstream-body.ts'

vi.mock('../providers/auth/azure.ts', () => ({ azureTokens: vi.fn() }))

/* The clocks are turned by hand, the sockets are real. */

let server: RawServer
let transport: Transport

beforeAll(async () => {
  server = await startRawServer()
})
afterAll(() => server.close())
beforeEach(() => {
  transport = createHttpTransport()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] })
  vi.spyOn(globalThis, 'setTimeout')
  vi.spyOn(globalThis, 'clearTimeout')
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  await transport.close()
})

/** Delays that nobody else uses, so that our timers can be told from those of the client underneath. */
const CLOCKS: Timeouts = { connectMs: 2_000, firstByteMs: 5_001, firstTokenMs: 1, idleMs: 5_002, totalMs: 60_003 }

/** How many of our clocks still run. */
function running(): number {
  const cleared = new Set(vi.mocked(clearTimeout).mock.calls.map(([timer]) => timer))
  const { calls, results } = vi.mocked(setTimeout).mock
  const ours = results.filter((_, at) =>
    [CLOCKS.firstByteMs, CLOCKS.idleMs, CLOCKS.totalMs].includes(calls[at]?.[1] ?? 0),
  )
  return ours.filter(({ value }) => !cleared.has(value)).length
}

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`
const piece = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`

function callTo(url: string, timeouts: Partial<Timeouts> = {}, change: Partial<UpstreamCall> = {}): UpstreamCall {
  const endpoint = endpointAt(`${url}/v1`, { ...CLOCKS, ...timeouts })
  return {
    endpoint,
    path: '/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"model":"m"}'),
    timeouts: endpoint.timeouts,
    signal: new AbortController().signal,
    ...change,
  }
}

async function textOf(body: UpstreamBody): Promise<string> {
  let text = ''
  for (let chunk = await body.read(); chunk; chunk = await body.read()) text += chunk.toString()
  return text
}

describe('a call', () => {
  it('carries its body, its headers and the key of its endpoint, and gives the reply', async () => {
    const sending = transport.send(callTo(server.url))
    const socket = await server.request()
    const request = server.requests.at(-1) ?? ''
    expect(request).toMatch(/^POST \/v1\/chat\/completions HTTP\/1.1\r\n/)
    expect(request).toContain('authorization: Bearer sk-host\r\n')
    expect(request).toContain('{"model":"m"}')
    socket.write(`${OK}x-two: a\r\nX-Two: b\r\ncontent-length: 5\r\n\r\nHello`)
    const reply = await sending
    expect(reply).toMatchObject({ status: 200, headers: { 'x-two': 'a, b' } })
    expect(await textOf(reply.body)).toBe('Hello')
    expect(running()).toBe(0)
  })

  it('carries headers of its own over those that others carry too, and never over the key; the others carry none of them', async () => {
    const call = callTo(server.url, {}, { headers: { 'x-common': 'theirs', 'x-kept': 'k' } })
    const own = { 'x-common': 'mine', authorization: 'Bearer stolen' }
    for (const ownHeaders of [null, own, {}]) {
      const sending = transport.send({ ...call, ownHeaders })
      const socket = await server.request()
      const request = server.requests.at(-1) ?? ''
      expect(request).toContain(`x-common: ${ownHeaders === own ? 'mine' : 'theirs'}\r\n`)
      expect(request).toContain('x-kept: k\r\n')
      expect(request.match(/authorization: .*/g)).toEqual(['authorization: Bearer sk-host'])
      socket.write(`${OK}content-length: 2\r\n\r\nok`)
      await textOf((await sending).body)
      await new Promise(setImmediate)
    }
  })

  it('uses a connection again', async () => {
    const before = server.connections
    for (let count = 0; count < 3; count += 1) {
      const sending = transport.send(callTo(server.url))
      const socket = await server.request()
      socket.write(`${OK}content-length: 2\r\n\r\nok`)
      await textOf((await sending).body)
      await new Promise(setImmediate)
    }
    expect(server.connections - before).toBe(1)
  })

  it('waits for the real reply after interim ones', async () => {
    const sending = transport.send(callTo(server.url))
    const socket = await server.request()
    socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n')
    socket.write(`${OK}content-length: 2\r\n\r\nok`)
    expect((await sending).status).toBe(200)
  })

  it('takes a reply that comes before its own body was sent', async () => {
    const connected = server.unread()
    const sending = transport.send(callTo(server.url, {}, { body: Buffer.alloc(20 * 1024 * 1024, 0x20) }))
    const socket = await connected
    socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno')
    const reply = await sending
    expect([reply.status, await textOf(reply.body)]).toEqual([413, 'no'])
    expect(running()).toBe(0)
  })

  it('does not follow a redirect', async () => {
    const before = server.requests.length
    const sending = transport.send(callTo(server.url))
    const socket = await server.request()
    socket.write(`HTTP/1.1 307 Elsewhere\r\nlocation: ${server.url}/other\r\ncontent-length: 0\r\n\r\n`)
    const reply = await sending
    expect(reply.status).toBe(307)
    expect(await reply.body.read()).toBeNull()
    expect(server.requests.length - before).toBe(1)
  })

  it('never takes the key to another origin, and leaves nothing behind when it refuses', async () => {
    const { signal } = new AbortController()
    const sending = transport.send(
      callTo(server.url, {}, { endpoint: endpointAt(server.url), path: '@evil.test/', signal }),
    )
    await expect(sending).rejects.toThrow(/only be sent to its own address/)
    expect(running()).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('a call that needs a token', () => {
  const clock = { now: () => 0, monotonic: () => 0 }
  let issue: (result: { value: string } | Error) => void

  /** A call to an endpoint whose token comes when the test says so. */
  function tokenCall(change: Partial<UpstreamCall> = {}): UpstreamCall {
    const credential = { kind: 'managed-identity' } as const
    const auth = { kind: 'azure', scope: 'scope', credential } as const
    return callTo(
      server.url,
      {},
      { endpoint: { ...endpointAt(`${server.url}/v1`, CLOCKS), auth, apiKey: null }, ...change },
    )
  }

  beforeEach(() => {
    vi.mocked(azureTokens).mockReturnValue(
      () =>
        new Promise((resolve, reject) => {
          issue = (result) => (result instanceof Error ? reject(result) : resolve({ ...result, expiresAt: null }))
        }),
    )
    transport = createHttpTransport(clock)
  })

  it('waits for it, carries it, and the next one waits for nothing', async () => {
    const before = server.requests.length
    const sending = transport.send(tokenCall())
    await new Promise(setImmediate)
    expect(server.requests.length).toBe(before)
    issue({ value: 'token-one' })
    const socket = await server.request()
    socket.write(`${OK}content-length: 2\r\n\r\nok`)
    await textOf((await sending).body)
    const again = transport.send(tokenCall())
    ;(await server.request()).write(`${OK}content-length: 2\r\n\r\nok`)
    await textOf((await again).body)
    expect(server.requests.slice(before).map((text) => /authorization: .*/.exec(text)?.[0])).toEqual([
      'authorization: Bearer token-one',
      'authorization: Bearer token-one',
    ])
  })

  it('fails before anything left when there is none', async () => {
    const before = server.requests.length
    const sending = transport.send(tokenCall())
    issue(new CredentialFailure('Nothing was issued.'))
    await expect(sending).rejects.toMatchObject({ kind: 'credential', sent: false, message: 'Nothing was issued.' })
    expect(server.requests.length).toBe(before)
    expect(running()).toBe(0)
  })

  it('is not sent when its caller leaves while the token is fetched', async () => {
    const before = server.requests.length
    const caller = new AbortController()
    const sending = transport.send(tokenCall({ signal: caller.signal }))
    caller.abort()
    await expect(sending).rejects.toMatchObject({ kind: 'aborted', sent: false })
    issue({ value: 'token-one' })
    await new Promise(setImmediate)
    expect(server.requests.length).toBe(before)
    expect(running()).toBe(0)
  })

  it('ends with its time when the token does not come', async () => {
    const sending = transport.send(tokenCall())
    sending.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(15_000)
    await expect(sending).rejects.toMatchObject({ kind: 'credential', sent: false })
    expect(running()).toBe(0)
  })
})

describe('a failed call says whether anything left', () => {
  it('not when nobody listens', async () => {
    await expect(transport.send(callTo(await unusedUrl()))).rejects.toMatchObject({ kind: 'connect', sent: false })
    expect(running()).toBe(0)
  })

  it('not when its caller had left before', async () => {
    const before = server.requests.length
    const gone = AbortSignal.abort()
    await expect(transport.send(callTo(server.url, {}, { signal: gone }))).rejects.toMatchObject({
      kind: 'aborted',
      sent: false,
    })
    expect(server.requests.length).toBe(before)
    expect(running()).toBe(0)
  })

  it('when the provider broke the connection', async () => {
    const sending = transport.send(callTo(server.url))
    ;(await server.request()).resetAndDestroy()
    await expect(sending).rejects.toMatchObject({ kind: 'reset', sent: true })
    expect(running()).toBe(0)
  })

  it('when the provider does not speak HTTP', async () => {
    const sending = transport.send(callTo(server.url))
    ;(await server.request()).write('220 smtp.example ESMTP\r\n')
    await expect(sending).rejects.toMatchObject({ kind: 'reset', sent: true })
  })

  it('when the caller leaves before the reply, and the connection is closed at once', async () => {
    const caller = new AbortController()
    const sending = transport.send(callTo(server.url, {}, { signal: caller.signal }))
    const socket = await server.request()
    const closed = once(socket, 'close')
    caller.abort()
    await expect(sending).rejects.toMatchObject({ kind: 'aborted', sent: true })
    await closed
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })

  it('in the body, when the caller leaves in the middle of it', async () => {
    const caller = new AbortController()
    const sending = transport.send(callTo(server.url, {}, { signal: caller.signal }))
    const socket = await server.request()
    const closed = once(socket, 'close')
    socket.write(CHUNKED + piece('one'))
    const { body } = await sending
    expect((await body.read())?.toString()).toBe('one')
    const waiting = body.read()
    caller.abort()
    await expect(waiting).rejects.toMatchObject({ kind: 'aborted', sent: true })
    await closed
    expect(running()).toBe(0)
  })

  it('in the body, when the connection breaks in the middle of it', async () => {
    const sending = transport.send(callTo(server.url))
    const socket = await server.request()
    socket.write(CHUNKED + piece('one'), () => socket.destroy())
    const { body } = await sending
    expect((await body.read())?.toString()).toBe('one')
    await expect(body.read()).rejects.toMatchObject({ kind: 'reset', sent: true })
  })
})

describe('the clocks of a call', () => {
  it('end one whose reply does not begin', async () => {
    const sending = transport.send(callTo(server.url, { firstByteMs: 700 }))
    sending.catch(() => undefined)
    const closed = once(await server.request(), 'close')
    await vi.advanceTimersByTimeAsync(700)
    await expect(sending).rejects.toMatchObject({ kind: 'first-byte-timeout', sent: true })
    await closed
  })

  it('end one that falls silent, and start again with every byte', async () => {
    const sending = transport.send(callTo(server.url, { idleMs: 500 }))
    const socket = await server.request()
    socket.write(CHUNKED)
    const { body } = await sending
    for (const text of ['one', 'two', 'three']) {
      await vi.advanceTimersByTimeAsync(400)
      socket.write(piece(text))
      expect((await body.read())?.toString()).toBe(text)
    }
    const waiting = body.read()
    waiting.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(500)
    await expect(waiting).rejects.toMatchObject({ kind: 'idle-timeout', sent: true })
  })

  it('end one that takes too long, however busy it is', async () => {
    const sending = transport.send(callTo(server.url, { totalMs: 1_000, idleMs: 800 }))
    const socket = await server.request()
    socket.write(CHUNKED)
    const { body } = await sending
    await vi.advanceTimersByTimeAsync(700)
    socket.write(piece('one'))
    await body.read()
    const waiting = body.read()
    waiting.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(300)
    await expect(waiting).rejects.toMatchObject({ kind: 'total-timeout', sent: true })
  })

  it('do not take a slow reader for a silent provider', async () => {
    const sending = transport.send(callTo(server.url, { idleMs: 500 }))
    const socket = await server.request()
    const large = 'x'.repeat(24 * 1024 * 1024)
    socket.write(CHUNKED + piece(large))
    const { body } = await sending
    // Nobody reads, so the socket stops, and the silence is ours: any number of idle times may pass.
    await stopped(socket)
    await vi.advanceTimersByTimeAsync(5_400)
    let read = 0
    while (read < large.length) read += (await body.read())?.length ?? 0
    socket.end(`${piece('end')}0\r\n\r\n`)
    expect(await textOf(body)).toBe('end')
  })

  it('give the provider its whole time again when a slow reader reads on', async () => {
    const pushed = vi.spyOn(QueuedBody.prototype, 'push')
    const arrived = async (bytes: number): Promise<void> => {
      while (pushed.mock.calls.reduce((sum, [chunk]) => sum + chunk.length, 0) < bytes) await new Promise(setImmediate)
    }
    const sending = transport.send(callTo(server.url, { idleMs: 500 }))
    const socket = await server.request()
    const almost = 'x'.repeat(255 * 1024)
    socket.write(CHUNKED + piece(almost))
    const { body } = await sending
    await arrived(almost.length)
    // One more piece stops the socket, with nothing left on the way.
    socket.write(piece('y'.repeat(2_048)))
    await arrived(almost.length + 2_048)
    await vi.advanceTimersByTimeAsync(5_400)
    await body.read()
    await vi.advanceTimersByTimeAsync(400)
    socket.end(`${piece('end')}0\r\n\r\n`)
    expect(await textOf(body)).toBe('end')
  })
})

/** Resolves when the peer has stopped reading: what waits here no longer gets less. */
async function stopped(socket: { readonly writableLength: number }): Promise<void> {
  for (let before = -1; before !== socket.writableLength; ) {
    before = socket.writableLength
    for (let turns = 0; turns < 100; turns += 1) await new Promise(setImmediate)
  }
}

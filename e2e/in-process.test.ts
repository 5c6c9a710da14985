import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { UsageRow } from '../src/storage/contracts/ledger-store.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * The gateway inside a process: `gateway.fetch` behaves as the platform's `fetch` does, and the library ends, leaves and closes cleanly. The one
 * tenant has money for one call at a time, so whatever was not given back would be missed by the next.
 */

const URL_OF_CHAT = 'http://headgate/v1/chat/completions'

let running: Running
let post: (body: object, init?: RequestInit) => Promise<Response>

beforeEach(async () => {
  running = await startRunning(() => ({ tenants: { acme: { daily_usd_limit: 0.005 } } }))
  const fetch = running.gateway.fetchFor({ tenantId: 'acme', feature: 'test' })
  post = (body, init) => {
    const sent = body instanceof ReadableStream ? body : JSON.stringify(body)
    return fetch(URL_OF_CHAT, { method: 'POST', body: sent, ...init })
  }
})
afterEach(() => running.stop())

const asking = (more: object = {}) => ({
  model: 'via-openai',
  max_tokens: 400,
  messages: [{ role: 'user' as const, content: 'Hi.' }],
  ...more,
})

const chatting = (more: object = {}) => ({
  tenantId: 'acme',
  feature: 'test',
  model: 'via-openai',
  maxOutputTokens: 400,
  messages: [{ role: 'user' as const, content: 'Hi.' }],
  ...more,
})

async function rows(): Promise<readonly UsageRow[]> {
  return (await running.service.house.storage.reader.events({ limit: 100 })).rows
}

/** All money is free again: the next call passes. */
async function expectFree(): Promise<void> {
  running.wall.plan({ text: 'Free.' })
  expect((await post(asking())).status).toBe(200)
}

async function eventually<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    await new Promise(setImmediate)
  }
}

const firstRow = () => eventually(async () => (await rows())[0])

describe('gateway.fetch', () => {
  it('takes a Request, a URL and a streamed body', async () => {
    const text = JSON.stringify(asking())
    const fetch = running.gateway.fetchFor({ tenantId: 'acme', feature: 'test' })
    expect((await fetch(new Request(URL_OF_CHAT, { method: 'POST', body: text }))).status).toBe(200)
    expect((await fetch(new URL(URL_OF_CHAT), { method: 'POST', body: text })).status).toBe(200)
    const streamed = { method: 'POST', body: new Blob([text]).stream(), duplex: 'half' } as RequestInit
    expect((await fetch(URL_OF_CHAT, streamed)).status).toBe(200)
    expect(running.wall.calls.map(({ rawBody }) => rawBody.includes('"Hi."'))).toEqual([true, true, true])
  })

  it('rejects with the caller’s own reason when it was aborted before, and asks nobody', async () => {
    await expect(post(asking(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    await expect(post(asking(), { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    expect(running.wall.calls).toEqual([])
    expect(await rows()).toEqual([])
  })

  it('does not wait for a body that never comes when it is aborted', async () => {
    const leave = new AbortController()
    const endless = new ReadableStream({ pull: () => leave.abort() })
    const sending = post(endless, { signal: leave.signal, duplex: 'half' } as RequestInit)
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('rejects when it is aborted while the provider thinks, and ends the call', async () => {
    running.wall.plan({ fault: { kind: 'hang' } })
    const leave = new AbortController()
    const sending = post(asking(), { signal: leave.signal })
    await running.wall.waitFor(() => true)
    leave.abort()
    await expect(sending).rejects.toMatchObject({ name: 'AbortError' })
    await running.wall.waitFor((call) => call.endedAt !== null)
    expect(await firstRow()).toMatchObject({ status: 'client_gone', errorCode: 'client_closed' })
    await expectFree()
  })

  it('fails the body when it is aborted in the middle: it does not look whole', async () => {
    running.wall.plan({ tokens: 5_000, betweenEventsMs: 2 })
    const leave = new AbortController()
    const reply = await post(asking({ stream: true }), { signal: leave.signal })
    const reader = (reply.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    leave.abort()
    await expect(reader.read()).rejects.toMatchObject({ name: 'AbortError' })
    await running.wall.waitFor((call) => call.abortedAtEvent !== null)
    expect(await firstRow()).toMatchObject({ status: 'client_gone' })
    await expectFree()
  })

  it('still hears an abort after its Request was collected', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    running.wall.plan({ tokens: 5_000, betweenEventsMs: 2 })
    const leave = new AbortController()
    const reply = await post(asking({ stream: true }), { signal: leave.signal })
    const reader = (reply.body as ReadableStream<Uint8Array>).getReader()
    await reader.read()
    for (let round = 0; round < 5; round += 1) {
      collect()
      await new Promise(setImmediate)
    }
    leave.abort()
    await running.wall.waitFor((call) => call.abortedAtEvent !== null)
  })

  it('settles when nobody reads the body: aborted, or cancelled', async () => {
    for (const how of ['abort', 'cancel'] as const) {
      running.wall.plan({ tokens: 5_000, betweenEventsMs: 2 })
      running.wall.clear()
      const leave = new AbortController()
      const reply = await post(asking({ stream: true }), { signal: leave.signal })
      if (how === 'abort') leave.abort()
      else await reply.body?.cancel()
      await running.wall.waitFor((call) => call.abortedAtEvent !== null)
      await eventually(async () => ((await rows())[0]?.status === 'client_gone' ? true : undefined))
      await expectFree()
    }
  })
})

describe('the library', () => {
  it('sums up what an answer used, in the words of the ledger', async () => {
    running.wall.plan({
      text: 'Hello.',
      usage: {
        prompt_tokens: 30,
        completion_tokens: 12,
        total_tokens: 42,
        prompt_tokens_details: { cached_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 5 },
      },
    })
    const sums = { inputTokens: 30, cachedTokens: 10, cacheWriteTokens: 0, outputTokens: 12, reasoningTokens: 5 }
    const answer = await running.gateway.chat(chatting())
    expect(answer.usage).toMatchObject(sums)
    expect((await rows())[0]).toMatchObject(sums)
  })

  it('asks nobody when its signal was aborted before', async () => {
    const signal = AbortSignal.abort()
    await expect(running.gateway.chat(chatting({ signal }))).rejects.toMatchObject({ code: 'client_closed' })
    const stream = running.gateway.stream(chatting({ signal }))
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'client_closed' })
    expect(running.wall.calls).toEqual([])
    expect((await rows()).map(({ status, cost }) => [status, cost])).toEqual([
      ['client_gone', 0n],
      ['client_gone', 0n],
    ])
    await expectFree()
  })

  it('leaves nothing on a signal that outlives its calls', async () => {
    const { signal } = new AbortController()
    const call = () => chatting({ signal, tenantId: 'globex' })
    for (let count = 0; count < 3; count += 1) {
      await running.gateway.chat(call())
      for await (const _ of running.gateway.stream(call()));
      for await (const _ of running.gateway.stream(call())) break
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('asks nobody for a stream that is given up before its first event', async () => {
    const stream = running.gateway.stream(chatting())
    await stream[Symbol.asyncIterator]().return?.()
    await expect(stream.answer).rejects.toMatchObject({ code: 'client_closed' })
    expect(running.wall.calls).toEqual([])
  })

  it('gives a stream up while it waits for the provider', async () => {
    running.wall.plan({ fault: { kind: 'silence' } })
    const events = running.gateway.stream(chatting())[Symbol.asyncIterator]()
    const step = events.next()
    step.catch(() => undefined)
    await running.wall.waitFor(() => true)
    await events.return?.()
    await expect(step).rejects.toMatchObject({ code: 'client_closed' })
    await running.wall.waitFor((call) => call.endedAt !== null)
    await expectFree()
  })

  it('has its whole answer even when the caller aborts at the last event', async () => {
    running.wall.plan({ text: 'All of it.' })
    const leave = new AbortController()
    const stream = running.gateway.stream(chatting({ signal: leave.signal }))
    for await (const event of stream) if (event.type === 'message-end') leave.abort()
    expect((await stream.answer).text).toBe('All of it.')
  })
})

describe('a gateway that is closed', () => {
  it('ends what runs, says so, and writes what it cost', async () => {
    running.wall.plan({ tokens: 5_000, betweenEventsMs: 2 })
    const { house } = running.service
    const reply = await post(asking({ stream: true }))
    await running.wall.waitFor((call) => call.contentEvents > 3)
    await running.gateway.close()
    const text = await reply.text()
    expect(text).toContain('no_deployment_available')
    expect(text).not.toContain('[DONE]')
    const { rows: written } = await house.storage.reader.events({ limit: 10 })
    expect(written.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ['incomplete', 'no_deployment_available'],
    ])
    const budgets = await house.storage.ledger.budgets()
    expect(budgets.map(({ sliced }) => sliced)).toEqual([0n])
    expect(budgets[0]?.posted).toBe(written[0]?.cost)
  })

  it('writes what many calls cost that it ended together, though on a busy gateway they wait for one another', async () => {
    const wide = await startRunning(() => ({ tenants: { acme: { daily_usd_limit: 100 } } }))
    try {
      const { house } = wide.service
      wide.wall.plan({ tokens: 5_000, betweenEventsMs: 2 })
      const ends = Array.from({ length: 20 }, async () => {
        for await (const event of wide.gateway.stream(chatting())) expect(event.type).not.toBe('message-end')
      })
      const ended = Promise.allSettled(ends)
      await expect.poll(() => wide.wall.calls.filter((call) => call.contentEvents > 3).length).toBe(20)
      await wide.gateway.close()
      const { rows: written } = await house.storage.reader.events({ limit: 100 })
      expect(written.map(({ errorCode }) => errorCode)).toEqual(Array(20).fill('no_deployment_available'))
      expect((await house.storage.ledger.budgets()).map(({ sliced }) => sliced)).toEqual([0n])
      expect((await ended).every(({ status }) => status === 'rejected')).toBe(true)
    } finally {
      await wide.stop()
    }
  })

  it('ends a call that waits for its provider', async () => {
    running.wall.plan({ fault: { kind: 'hang' } })
    const answering = running.gateway.chat(chatting())
    answering.catch(() => undefined)
    await running.wall.waitFor(() => true)
    await running.gateway.close()
    await expect(answering).rejects.toMatchObject({ code: 'no_deployment_available' })
    expect((await running.service.house.storage.ledger.budgets()).map(({ sliced }) => sliced)).toEqual([0n])
  })
})

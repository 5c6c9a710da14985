import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../src/lib/clock.ts'
import { type Plan, startWall } from '../src/testing/index.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/*
 * A primary that is down, through the public surface. Two walls, so that each provider's own log says how often it was called; the minutes of the outage pass
 * by turning the clock.
 */

let running: Running
let primary: Running['wall']
let forwardMs = 0

const clock = { now: () => systemClock.now() + forwardMs, monotonic: () => systemClock.monotonic() + forwardMs }
const DOWN: Plan = { fault: { kind: 'status', status: 503 } }

beforeEach(async () => {
  forwardMs = 0
  primary = await startWall()
  running = await startRunning(
    (wall) => ({
      providers: {
        one: { type: 'openai', base_url: primary.openaiUrl, api_key: 'sk', models: { m: { ...MODEL, quality: 4 } } },
        two: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: { ...MODEL, quality: 2 } } },
        small: { type: 'openai', base_url: primary.openaiUrl, api_key: 'sk', models: { m: MODEL }, max_concurrency: 1 },
      },
      models: { large: ['one/m'], medium: ['two/m'], overflowing: ['small/m', 'two/m'] },
      tasks: {
        answer: { default: 'large', fallback: 'medium' },
        strict: { default: 'large', fallback: 'medium', fallback_policy: { allow_downgrade: false } },
        timely: { default: 'large', fallback: 'medium', fallback_policy: { on: ['timeout'] } },
      },
    }),
    undefined,
    { clock },
  )
})
afterEach(async () => {
  await running.stop()
  await primary.close()
})

async function send(model: string, headers: Record<string, string> = {}) {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'test', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  const header = (name: string) => reply.headers.get(`x-headgate-${name}`)
  return { status: reply.status, header, headers: reply.headers, text: await reply.text() }
}

async function rowsOf({ header }: Awaited<ReturnType<typeof send>>) {
  const traceId = header('trace-id') ?? ''
  const { rows } = await running.service.house.storage.reader.events({ limit: 10, traceId })
  return rows.toSorted((one, other) => one.attempt - other.attempt)
}

describe('a primary that is down', () => {
  it('is asked twice by the first call, each time as an attempt of its own, and the fallback answers', async () => {
    primary.plan(DOWN)
    const sent = await send('answer')
    expect([sent.status, sent.header('model'), sent.header('fallback')]).toEqual([200, 'two/m', 'server_error'])
    expect(sent.header('route')).toBe('large -> medium')
    expect(sent.header('flags')).toBe('downgraded')
    expect(await rowsOf(sent)).toMatchObject([
      { attempt: 1, deployment: 'one/m', status: 'failed' },
      { attempt: 2, deployment: 'one/m', status: 'failed' },
      { attempt: 3, deployment: 'two/m', status: 'completed' },
    ])
  })

  it('is hardly called in ten minutes, no call fails, and it serves again once it is well', async () => {
    primary.plan(DOWN)
    for (let second = 0; second < 600; second += 10) {
      expect((await send('answer')).status).toBe(200)
      forwardMs += 10_000
    }
    // Five failures open the breaker; then it is probed after 30 s, 60 s, 120 s, 240 s.
    expect(primary.calls.length).toBeLessThanOrEqual(5 + 5)
    primary.plan(null)
    forwardMs += 600_000
    expect((await send('answer')).header('model')).toBe('one/m')
    expect((await send('answer')).header('fallback')).toBeNull()
  })

  it('is passed over while its breaker is open; header and trace say so', async () => {
    primary.plan(DOWN)
    for (let time = 0; time < 3; time += 1) await send('answer')
    const sent = await send('answer')
    expect(sent.header('fallback')).toBe('circuit_open')
    expect(await rowsOf(sent)).toMatchObject([{ attempt: 1, deployment: 'two/m' }])
    const trace = (await (await fetch(`${running.url}/v1/traces/${sent.header('trace-id')}`)).json()) as {
      decision: unknown
    }
    expect(trace.decision).toMatchObject({
      chosen: { deployment: 'two/m' },
      candidates: [
        { deployment: 'one/m', taken: false, reason: 'circuit_open' },
        { deployment: 'two/m', taken: true },
      ],
    })
  })

  it('is probed by one of many calls that wait for it', async () => {
    primary.plan(DOWN)
    for (let time = 0; time < 3; time += 1) await send('answer')
    forwardMs += 30_000
    primary.clear()
    primary.plan({ firstByteDelayMs: 2_000 })
    const all = await Promise.all(Array.from({ length: 30 }, () => send('answer')))
    expect(all.filter(({ header }) => header('model') === 'one/m')).toHaveLength(1)
    expect(primary.calls).toHaveLength(1)
    expect((await send('answer')).header('model')).toBe('one/m')
  })

  it('is not replaced by a lesser model where that is not allowed', async () => {
    primary.plan(DOWN)
    const strict = await send('strict')
    expect([strict.status, strict.header('error')]).toEqual([502, 'upstream_failed'])
    expect(strict.text).toContain('does not allow a downgrade')
    expect((await send('answer', { 'x-headgate-risk': 'write' })).status).toBe(502)
    expect(running.wall.calls).toEqual([])
  })

  it('is replaced for what the task says, and for nothing else', async () => {
    primary.plan(DOWN)
    expect((await send('timely')).status).toBe(502)
    expect(running.wall.calls).toEqual([])
  })

  it('that is alone fails fast while somebody finds out, and answers the next call once it is well', async () => {
    primary.plan(DOWN)
    for (let time = 0; time < 3; time += 1) await send('large')
    primary.plan({ firstByteDelayMs: 300 })
    primary.clear()
    const probing = send('large')
    await expect.poll(() => primary.calls.length).toBe(1)
    const other = await send('large')
    expect([other.status, other.header('error'), other.headers.get('retry-after')]).toEqual([
      503,
      'no_deployment_available',
      '1',
    ])
    expect((await probing).status).toBe(200)
    expect((await send('large')).status).toBe(200)
  })
})

describe('a provider that is full', () => {
  it('overflows to the next deployment, and takes calls again when it has room', async () => {
    primary.plan({ firstByteDelayMs: 300 })
    const first = send('overflowing')
    await expect.poll(() => primary.calls.length).toBe(1)
    const second = await send('overflowing')
    expect([second.header('model'), second.header('fallback')]).toEqual(['two/m', 'saturated'])
    expect((await first).header('model')).toBe('small/m')
    expect((await send('overflowing')).header('model')).toBe('small/m')
  })
})

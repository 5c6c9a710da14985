import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../src/config/schema.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* Programs that have lost their way: seen, and stopped or flagged, as the configuration says. */

type Runaway = NonNullable<ConfigInput['runaway']>

async function withRunaway(runaway: Runaway): Promise<Running> {
  const running = await startRunning(() => ({ runaway }))
  running.wall.plan({ tokens: 100 })
  return running
}

function call(on: Running, ask: { readonly text?: string; readonly run?: string; readonly user?: string } = {}) {
  const { text = 'Again.', run, user = 'u1' } = ask
  const context = { tenantId: 'acme', feature: 'e2e', userId: user, ...(run === undefined ? {} : { runId: run }) }
  return on.gateway.fetchFor(context)('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: 'via-openai', max_tokens: 100, messages: [{ role: 'user', content: text }] }),
  })
}

const told = (reply: Response) => [reply.status, reply.headers.get('x-headgate-error')]
const alertsOf = async (on: Running) =>
  (await on.service.house.storage.alerts.list({ limit: 10, kind: 'runaway' })).rows.map(({ scope }) => scope)

describe('with identical calls refused', () => {
  let running: Running
  beforeAll(async () => {
    running = await withRunaway({ identical_calls: 3, window: '1m' })
  })
  afterAll(() => running.stop())

  it('the fourth of the same is refused with what to do and when, others go on, and one alert is raised', async () => {
    for (let count = 0; count < 3; count += 1) expect((await call(running)).status).toBe(200)
    for (let count = 0; count < 3; count += 1) {
      const refused = await call(running)
      expect(told(refused)).toEqual([429, 'rate_limited'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
      expect(await refused.text()).toContain('looks like a loop. Change the call')
    }
    expect((await call(running, { text: 'Something else.' })).status).toBe(200)
    expect((await call(running, { user: 'u2' })).status).toBe(200)
    await expect.poll(() => alertsOf(running)).toEqual([{ tenant: 'acme', user: 'u1' }])
    expect(running.wall.completed).toHaveLength(5)
  })

  it('calls of the library are compared too', async () => {
    const chat = () =>
      running.gateway.chat({
        tenantId: 'acme',
        feature: 'e2e',
        model: 'via-openai',
        messages: [{ role: 'user', content: 'From the library.' }],
      })
    for (let count = 0; count < 3; count += 1) await chat()
    await expect(chat()).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

describe('with a run’s calls and dollars limited', () => {
  let running: Running
  beforeAll(async () => {
    // An answer of 100 tokens costs 0.001 USD.
    running = await withRunaway({ per_run: { calls: 3, usd: 0.0035 } })
  })
  afterAll(() => running.stop())

  it('a run stops after its last call, and the next run begins anew', async () => {
    const replies = []
    for (let count = 0; count < 5; count += 1) replies.push(told(await call(running, { run: 'r1' })))
    expect(replies.map(([status]) => status)).toEqual([200, 200, 200, 429, 429])
    expect(['budget_exceeded', 'quota_exceeded']).toContain(replies[4]?.[1])
    expect((await call(running, { run: 'r2' })).status).toBe(200)
    expect((await call(running)).status).toBe(200)
  })

  it('a run of many at once gets no more calls than it may', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => call(running, { run: 'r3' })))
    expect(replies.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(3)
    expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
  })
})

describe('with signs only flagged', () => {
  let running: Running
  beforeAll(async () => {
    running = await withRunaway({ identical_calls: 2, action: 'alert', per_run: { calls: 1 } })
  })
  afterAll(() => running.stop())

  it('calls pass, flagged, and alerts are raised', async () => {
    const flags = []
    for (let count = 0; count < 3; count += 1) flags.push((await call(running)).headers.get('x-headgate-flags'))
    expect(flags).toEqual([null, null, 'runaway'])
    for (const [index, flag] of [null, 'runaway'].entries()) {
      const reply = await call(running, { text: `Step ${index}.`, run: 'r1' })
      expect([reply.status, reply.headers.get('x-headgate-flags')]).toEqual([200, flag])
    }
    await expect
      .poll(() => alertsOf(running))
      .toEqual([
        { tenant: 'acme', run: 'r1' },
        { tenant: 'acme', user: 'u1' },
      ])
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import type { ConfigInput } from '../src/config/schema.ts'
import { MODEL, type Running, startRunning } from './running-gateway.ts'

/* What becomes of calls that a limit or a budget has no room for: refused, in line, or on a cheaper model. */

let running: Running | null = null
afterEach(async () => {
  await running?.stop()
  running = null
})

/** A model that costs a hundredth of the others. */
const CHEAP = { ...MODEL, price: { input_per_mtok: 0.01, output_per_mtok: 0.1 } }

async function start(config: Partial<ConfigInput>): Promise<Running> {
  running = await startRunning((wall) => ({
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models: { m: MODEL } },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models: { cheap: CHEAP } },
    },
    models: { large: ['oa/m'], small: ['an/cheap'] },
    ...config,
  }))
  running.wall.plan({ tokens: 100 })
  return running
}

interface Ask {
  readonly tenant?: string
  readonly user?: string
  readonly task?: string
  readonly text?: string
  readonly signal?: AbortSignal
}

function call(on: Running, { tenant = 'acme', user = 'u1', task, text = 'Say it.', signal }: Ask = {}) {
  const context = { tenantId: tenant, userId: user, feature: 'e2e', ...(task === undefined ? {} : { task }) }
  return on.gateway.fetchFor(context)('http://headgate/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ model: task ?? 'large', max_tokens: 100, messages: [{ role: 'user', content: text }] }),
    ...(signal ? { signal } : {}),
  })
}

const told = (reply: Response) => [reply.status, reply.headers.get('x-headgate-error')]
const served = (reply: Response) =>
  ['model', 'route', 'fallback'].map((name) => reply.headers.get(`x-headgate-${name}`))

async function traceOf(on: Running, reply: Response) {
  const id = reply.headers.get('x-headgate-trace-id') ?? ''
  const trace = await on.service.house.storage.reader.trace(id, null)
  const waited = trace?.spans.some(({ name }) => name === 'wait in line') ?? false
  return { waited, decision: trace?.request?.decision, request: trace?.request }
}

/** Texts of the conversations that reached the wall, in order. */
const asked = ({ wall }: Running) =>
  wall.calls.map(({ body }) => (body as unknown as { messages: readonly { content: string }[] }).messages[0]?.content)

describe('a call that is to wait', () => {
  it('for a rate is served when there is room, and its trace says that it waited', async () => {
    const on = await start({ limits: [{ per: 'user', requests: 1, window: '300ms', on_limit: 'queue' }] })
    const replies = await Promise.all([call(on), call(on), call(on)])
    expect(replies.map(told)).toEqual([
      [200, null],
      [200, null],
      [200, null],
    ])
    const waited = await Promise.all(replies.map(async (reply) => (await traceOf(on, reply)).waited))
    expect(waited).toEqual([false, true, true])
  })

  it('is refused at once when there will be no room in time, and told how long it takes', async () => {
    const on = await start({
      limits: [{ per: 'user', requests: 1, window: '1m', on_limit: { action: 'queue', max_wait: '50ms' } }],
    })
    await call(on)
    const refused = await call(on)
    expect(told(refused)).toEqual([429, 'rate_limited'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    expect(on.wall.calls).toHaveLength(1)
  })

  it('waits as its task says, whatever the limit says', async () => {
    const on = await start({
      limits: [{ per: 'user', requests: 1, window: '300ms' }],
      tasks: { patient: { default: 'large', on_limit: 'queue' } },
    })
    await call(on)
    expect(told(await call(on))).toEqual([429, 'rate_limited'])
    expect((await call(on, { task: 'patient' })).status).toBe(200)
  })

  it('for a running call gets its place when that ends; tenants take turns', async () => {
    const on = await start({
      limits: [{ per: 'total', concurrency: 1, on_limit: { action: 'queue', max_wait: '20s' } }],
    })
    on.wall.plan({ tokens: 5, firstByteDelayMs: 100 })
    const replies: Promise<Response>[] = []
    const send = async (tenant: string, text: string) => {
      const before = on.service.house.engine().lines.size
      replies.push(call(on, { tenant, text }))
      await expect
        .poll(() => on.service.house.engine().lines.size + on.wall.calls.length)
        .toBeGreaterThanOrEqual(Math.max(1, before))
    }
    for (const text of ['a1', 'a2', 'a3', 'a4']) await send('acme', text)
    await send('globex', 'b1')
    const all = await Promise.all(replies)
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    const order = asked(on)
    expect(order.filter((text) => text?.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4'])
    expect(order.indexOf('b1')).toBeLessThan(order.indexOf('a4'))
  })

  it('leaves the line when its caller leaves, and is never sent', async () => {
    const on = await start({
      limits: [{ per: 'tenant', concurrency: 1, on_limit: { action: 'queue', max_wait: '20s' } }],
    })
    on.wall.plan({ tokens: 5, firstByteDelayMs: 300 })
    const first = call(on, { text: 'first' })
    await expect.poll(() => on.wall.calls.length).toBe(1)
    const caller = new AbortController()
    const gone = call(on, { text: 'gone', signal: caller.signal })
    const next = call(on, { text: 'next' })
    await expect.poll(() => on.service.house.engine().lines.size).toBe(2)
    caller.abort()
    await expect(gone).rejects.toThrow()
    expect([(await first).status, (await next).status]).toEqual([200, 200])
    expect(asked(on)).toEqual(['first', 'next'])
  })

  it('is sent away when what it is in is switched off', async () => {
    const on = await start({
      limits: [{ per: 'tenant', concurrency: 1, on_limit: { action: 'queue', max_wait: '20s' } }],
    })
    on.wall.plan({ tokens: 5, firstByteDelayMs: 10_000 })
    const running = call(on)
    await expect.poll(() => on.wall.calls.length).toBe(1)
    const waiting = call(on)
    const { house } = on.service
    await expect.poll(() => house.engine().lines.size).toBe(1)
    const ask = { scope: { tenant: 'acme' }, reason: 'x', actor: 'key_1', cause: null, endsAt: null }
    await house.switches.on(ask)
    expect([told(await waiting), told(await running)]).toEqual(Array(2).fill([403, 'kill_switch_on']))
    expect(house.engine().lines.size).toBe(0)
  })
})

describe('a call that goes to a cheaper model', () => {
  const tasks: ConfigInput['tasks'] = {
    rag: { default: 'large', on_limit: { action: 'downgrade', downgrade_to: 'small' } },
    late: {
      default: 'large',
      // biome-ignore lint/suspicious/noThenProperty: the word of the configuration.
      on_limit: { action: 'queue', max_wait: '50ms', then: 'downgrade', downgrade_to: 'small' },
    },
  }

  it('at a rate says so in its headers, its trace and its record', async () => {
    const on = await start({ tasks, limits: [{ per: 'user', requests: 1, window: '1m' }] })
    expect(served(await call(on, { task: 'rag' }))).toEqual(['oa/m', 'large', null])
    for (const task of ['rag', 'late']) {
      const reply = await call(on, { task })
      expect(served(reply)).toEqual(['an/cheap', 'large -> small', 'limit'])
      const { request, decision, waited } = await traceOf(on, reply)
      expect(request).toMatchObject({ route: 'large -> small', fallbackReason: 'limit', servedModel: 'an/cheap' })
      expect(decision).toMatchObject({ downgraded: { from: 'large', to: 'small', reason: 'limit user/requests/1m' } })
      expect(waited).toBe(task === 'late')
    }
    expect(told(await call(on))).toEqual([429, 'rate_limited'])
  })

  it('still meets the limits of that model and of all', async () => {
    const on = await start({
      tasks,
      limits: [
        { per: 'user', requests: 1, window: '1m' },
        { per: 'model', requests: 1, window: '1m', match: { model: 'small' } },
      ],
    })
    const replies = []
    for (let count = 0; count < 3; count += 1) replies.push(told(await call(on, { task: 'rag' })))
    expect(replies).toEqual([
      [200, null],
      [200, null],
      [429, 'rate_limited'],
    ])
  })

  it('does not go round the limit of the whole gateway', async () => {
    const on = await start({ tasks, limits: [{ per: 'total', requests: 1, window: '1m' }] })
    await call(on, { task: 'rag' })
    expect(told(await call(on, { task: 'rag' }))).toEqual([429, 'rate_limited'])
  })

  it('is refused when its tenant may not use that model', async () => {
    const on = await start({
      tasks,
      tenants: { acme: { allowed_models: ['large'] } },
      limits: [{ per: 'user', requests: 1, window: '1m' }],
    })
    await call(on, { task: 'rag' })
    expect(told(await call(on, { task: 'rag' }))).toEqual([429, 'rate_limited'])
  })

  it('at a budget pays from the same budget, and is refused when even that is too much', async () => {
    // The prompt and 100 tokens of the large model cost a little more than 0.001 USD, of the small one a hundredth.
    const on = await start({ tasks, budgets: [{ per: 'user', usd: 0.0021, window: 'day' }] })
    expect(served(await call(on, { task: 'rag' }))).toEqual(['oa/m', 'large', null])
    const second = await call(on, { task: 'rag' })
    const third = await call(on, { task: 'rag' })
    expect([served(second)[0], served(third)]).toEqual(['oa/m', ['an/cheap', 'large -> small', 'limit']])
    let reply = third
    for (let count = 0; count < 10 && reply.status === 200; count += 1) reply = await call(on, { task: 'rag' })
    expect(told(reply)).toEqual([429, 'budget_exceeded'])
    const [state] = await on.service.house.storage.ledger.budgets()
    expect((state?.posted ?? 0n) <= (state?.limit ?? 0n)).toBe(true)
  })
})

describe('a call that waits for a budget', () => {
  const tasks: ConfigInput['tasks'] = {
    patient: { default: 'large', on_limit: { action: 'queue', max_wait: '10s' } },
  }

  it('is served when running calls give back what they did not need', async () => {
    // Enough for one worst case and a half; the answers are short.
    const on = await start({ tasks, budgets: [{ per: 'user', usd: 0.0016, window: 'day' }] })
    on.wall.plan({ tokens: 5, firstByteDelayMs: 300 })
    const replies = await Promise.all([call(on, { task: 'patient' }), call(on, { task: 'patient' })])
    expect(replies.map(told)).toEqual([
      [200, null],
      [200, null],
    ])
    const waited = await Promise.all(replies.map(async (reply) => (await traceOf(on, reply)).waited))
    expect(waited.toSorted()).toEqual([false, true])
  })

  it('is refused at once when the money is spent: next month’s is not waited for', async () => {
    const on = await start({ tasks, budgets: [{ per: 'user', usd: 0.0016, window: 'month' }] })
    await call(on, { task: 'patient' })
    const refused = await call(on, { task: 'patient' })
    expect(told(refused)).toEqual([429, 'budget_exceeded'])
    expect((await traceOf(on, refused)).waited).toBe(false)
  })
})

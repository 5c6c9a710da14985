import { afterEach, describe, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

/* What Prometheus is told equals what the callers, the ledger and the providers saw. */

let running: Running
afterEach(() => running.stop())

const CHAT = '/v1/chat/completions'

async function call(model: string, more: { stream?: boolean; headers?: Record<string, string> } = {}) {
  const reply = await fetch(running.url + CHAT, {
    method: 'POST',
    headers: { 'x-headgate-feature': 'test', ...more.headers },
    body: JSON.stringify({ model, stream: more.stream ?? false, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
  await reply.text()
  return reply
}

/** The value of a series; null when it is not told. */
async function series(name: string): Promise<number | null> {
  const text = await (await fetch(`${running.service.adminUrl}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? null : Number(line.slice(name.length + 1))
}

async function tracesSaid(reply: Response) {
  const { house } = running.service
  const stored = await house.storage.reader.trace(reply.headers.get('x-headgate-trace-id') ?? '', null)
  return stored?.spans.find(({ name }) => name === 'exchange')?.attributes
}

describe('metrics', () => {
  it('count calls, tokens, cost and times as the ledger has them', async () => {
    running = await startRunning(() => ({ tasks: { greet: { default: 'via-openai' } } }))
    await call('greet')
    await call('via-openai', { stream: true })
    await call('oa/never-heard-of')
    const { rows } = await running.service.house.storage.reader.events({ limit: 10 })
    const served = rows.filter(({ status }) => status === 'completed')
    const sum = (of: (row: (typeof rows)[number]) => number) => served.reduce((total, row) => total + of(row), 0)
    expect(await series('headgate_requests_total{task="greet",model="m",provider="oa",status="completed"}')).toBe(1)
    expect(await series('headgate_requests_total{task="none",model="m",provider="oa",status="completed"}')).toBe(1)
    expect(await series('headgate_rejections_total{code="price_unknown"}')).toBe(1)
    expect(await series('headgate_tokens_total{kind="input",model="m"}')).toBe(sum(({ inputTokens }) => inputTokens))
    expect(await series('headgate_tokens_total{kind="output",model="m"}')).toBe(sum(({ outputTokens }) => outputTokens))
    expect(await series('headgate_cost_usd_total')).toBeCloseTo(sum(({ cost }) => Number(cost)) / 1e9, 12)
    expect(await series('headgate_request_duration_seconds_count')).toBe(3)
    expect(await series('headgate_gateway_overhead_seconds_count')).toBe(3)
    expect(await series('headgate_time_to_first_token_seconds_count')).toBe(1)
    expect(await series('headgate_breaker_state{deployment="oa/m"}')).toBe(0)
    expect(await series('headgate_running_calls')).toBe(0)
  })

  it('count what is refused before there is an exchange, and strangers without a key', async () => {
    running = await startRunning(() => ({ auth: { mode: 'keys' }, server: { port: 0, max_body: '1kb' } }))
    await call('via-openai')
    await call('x'.repeat(2000))
    await fetch(`${running.url}/v1/nothing`)
    expect(await series('headgate_rejections_total{code="invalid_api_key"}')).toBe(1)
    expect(await series('headgate_rejections_total{code="request_too_large"}')).toBe(1)
    expect(await series('headgate_rejections_total{code="not_found"}')).toBe(1)
  })

  it('say of a fallback why, whether it is worse and what it cost, as headers and trace do', async () => {
    const model = (quality: number, output_per_mtok: number) => ({
      price: { input_per_mtok: 1, output_per_mtok },
      quality,
      context: 8_000,
      max_output: 100,
    })
    running = await startRunning((wall) => ({
      providers: {
        first: { type: 'openai', base_url: wall.openaiUrl, api_key: 'k', models: { m: model(5, 30) } },
        second: { type: 'openai', base_url: wall.openaiUrl, api_key: 'k', models: { m: model(2, 3) } },
      },
      models: { both: ['first/m', 'second/m'] },
      tasks: { answer: { default: 'both', retry: { attempts: 0 } } },
    }))
    running.wall.plan([{ fault: { kind: 'status', status: 500 } }])
    const reply = await call('answer')
    expect(reply.headers.get('x-headgate-model')).toBe('second/m')
    expect(reply.headers.get('x-headgate-fallback')).toBe('server_error')
    expect(reply.headers.get('x-headgate-flags')).toBe('downgraded')
    const cost = Number(reply.headers.get('x-headgate-cost-usd'))
    expect(await series('headgate_fallbacks_total{reason="server_error"}')).toBe(1)
    expect(await series('headgate_downgrades_total{reason="server_error"}')).toBe(1)
    expect(await series('headgate_fallback_cost_usd_total')).toBe(cost)
    expect(await series('headgate_upstream_errors_total{provider="first",class="server_error"}')).toBe(1)
    expect(await tracesSaid(reply)).toMatchObject({
      'headgate.fallback.reason': 'server_error',
      'headgate.fallback.downgraded': true,
      'headgate.fallback.cost_usd': cost,
    })
  })

  it('name what broke in the middle of a stream, and the breaker that it opened', async () => {
    running = await startRunning(() => ({ breaker: { failures: 1 } }))
    running.wall.plan([{ fault: { kind: 'cut', after: 3 } }])
    await call('via-openai', { stream: true })
    expect(await series('headgate_upstream_errors_total{provider="oa",class="truncated"}')).toBe(1)
    expect(await series('headgate_requests_total{task="none",model="m",provider="oa",status="incomplete"}')).toBe(1)
    expect(await series('headgate_breaker_state{deployment="oa/m"}')).toBe(2)
  })
})

describe('/metrics', () => {
  const knock = async (url: string, key?: string) => {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
    return (await fetch(url, { headers })).status
  }

  it('needs an admin key where strangers can reach it', async () => {
    running = await startRunning(() => ({ auth: { mode: 'keys' }, server: { host: '0.0.0.0', port: 0 } }))
    expect(await knock(`http://127.0.0.1:${running.service.server.port}/metrics`)).toBe(401)
  })

  it('is with the admin plane and the console on a port of their own, where there is one', async () => {
    running = await startRunning(() => ({
      auth: { mode: 'keys' },
      server: { host: '0.0.0.0', port: 0, admin_port: 0 },
    }))
    const front = `http://127.0.0.1:${running.service.server.port}`
    const back = `http://127.0.0.1:${new URL(running.service.adminUrl).port}`
    const both = async (path: string) => [await knock(front + path), await knock(back + path)]
    expect(await both('/metrics')).toEqual([404, 200])
    expect(await both('/admin/v1/keys')).toEqual([404, 401])
    expect(await both('/console')).toEqual([404, 200])
    expect(await both('/livez')).toEqual([200, 200])
    expect(await both('/readyz')).toEqual([200, 200])
    expect(await both('/openapi.json')).toEqual([200, 200])
    expect(await both('/v1/models')).toEqual([401, 404])
  })
})

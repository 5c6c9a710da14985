import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PLAN_HEADER, type Plan, planFromName, startWall, type Wall } from './index.ts'

let wall: Wall
let now = 0

beforeAll(async () => {
  wall = await startWall({ clock: { now: () => now, monotonic: () => now } })
})
afterAll(() => wall.close())
afterEach(() => {
  wall.plan(null)
  wall.clear()
})

async function ask(model: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${wall.openaiUrl}/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  })
  const body = (await reply.json()) as { choices?: { message: { content: string } }[] }
  return { status: reply.status, text: body.choices?.[0]?.message.content ?? '' }
}

describe('a script decides', () => {
  it('with one plan for all calls', async () => {
    wall.plan({ text: 'always' })
    expect([await ask('a'), await ask('b')]).toEqual(Array(2).fill({ status: 200, text: 'always' }))
  })

  it('with a list, one after another, and the names after its end', async () => {
    wall.plan([{ text: 'first' }, 'status-503', {}])
    expect(await ask('m')).toMatchObject({ text: 'first' })
    expect(await ask('m')).toMatchObject({ status: 503 })
    expect((await ask('m')).text).toContain('The wall heard')
    expect(await ask('status-418')).toMatchObject({ status: 418 })
  })

  it('with a function that sees the call', async () => {
    wall.plan((call) => (call.model === 'special' ? { text: `call ${call.number}` } : undefined))
    expect((await ask('special')).text).toMatch(/^call \d+$/)
    expect(await ask('status-500')).toMatchObject({ status: 500 })
  })

  it('before the header, which decides before the name', async () => {
    expect(await ask('status-500', { [PLAN_HEADER]: 'tokens-2' })).toEqual({ status: 200, text: 'one two' })
    expect(await ask('status-500', { [PLAN_HEADER]: '{"text":"from JSON"}' })).toEqual({
      status: 200,
      text: 'from JSON',
    })
    wall.plan({ text: 'script' })
    expect(await ask('m', { [PLAN_HEADER]: 'status-500' })).toEqual({ status: 200, text: 'script' })
    wall.plan(null)
    expect(await ask('m', { [PLAN_HEADER]: 'no-such-plan' })).toMatchObject({ status: 400 })
  })

  it('or the default, when nothing else does', async () => {
    const other = await startWall({ defaultPlan: 'status-507' })
    const reply = await fetch(`${other.openaiUrl}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'plain', messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect(reply.status).toBe(507)
    await other.close()
  })
})

describe('a plan that does not hold for ever', () => {
  it('holds for the first calls of a model', async () => {
    expect(await ask('status-500+times-2+tokens-1')).toMatchObject({ status: 500 })
    expect(await ask('status-500+times-2+tokens-1')).toMatchObject({ status: 500 })
    expect(await ask('status-500+times-2+tokens-1')).toEqual({ status: 200, text: 'one' })
    expect(await ask('status-501+times-1')).toMatchObject({ status: 501 })
    wall.clear()
    expect(await ask('status-500+times-2+tokens-1')).toMatchObject({ status: 500 })
  })

  it('holds for a while', async () => {
    expect(await ask('fb-s15-flap')).toMatchObject({ status: 503 })
    now += 59_999
    expect(await ask('fb-s15-flap')).toMatchObject({ status: 503 })
    now += 1
    expect(await ask('fb-s15-flap')).toMatchObject({ status: 200 })
  })
})

describe('a name', () => {
  it.each<[string, Partial<Plan>]>([
    ['ok', {}],
    ['slow-2000', { firstByteDelayMs: 2000 }],
    ['wall/fault=cut-5', { fault: [{ kind: 'cut', after: 5 }], tokens: 25 }],
    ['cut', { fault: [{ kind: 'cut', after: 'headers' }] }],
    ['error-9', { fault: [{ kind: 'error-event', after: 9 }] }],
    ['status-429-date-60', { fault: [{ kind: 'status', status: 429, retryAfterDateSeconds: 60 }] }],
    [
      'crlf+slices-1',
      {
        fault: [
          { kind: 'framing', lineEnding: '\r\n' },
          { kind: 'slices', bytes: 1 },
        ],
      },
    ],
    ['S08', { name: 'fb-s08-stream-cut', tokens: 60, fault: { kind: 'cut', after: 40 } }],
  ])('%s is a plan', (name, plan) => {
    expect(planFromName(name)).toMatchObject(plan)
  })

  it.each(['gpt-5.4-mini', 'cut-five', 'ok+nonsense', 'status-5', '', 'constructor', 's17'])(
    '%s is an ordinary model',
    (name) => {
      expect(planFromName(name)).toBeNull()
    },
  )

  it('exists for each of the sixteen scenarios of the Failover Bench', () => {
    const numbers = Array.from({ length: 16 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`)
    const names = numbers.map((number) => planFromName(number)?.name ?? '')
    expect(new Set(names).size).toBe(16)
    for (const [index, name] of names.entries())
      expect(name).toMatch(new RegExp(`^fb-s${String(index + 1).padStart(2, '0')}-`))
  })
})

describe('a wall in another process', () => {
  it('can be commanded and read over HTTP', async () => {
    const command = (method: string, path: string, body?: unknown) =>
      fetch(`${wall.url}/__wall/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    expect((await command('PUT', 'plan', [{ text: 'by wire' }, 'status-503'])).status).toBe(200)
    expect(await ask('m')).toMatchObject({ text: 'by wire' })
    expect(await ask('m')).toMatchObject({ status: 503 })
    const calls = (await (await command('GET', 'calls')).json()) as { outcome: string }[]
    expect(calls.map((call) => call.outcome)).toEqual(['completed', 'error'])
    await command('DELETE', 'calls')
    expect(wall.calls).toHaveLength(0)
    expect((await command('PUT', 'plan', 7)).status).toBe(400)
    expect((await command('GET', 'nonsense')).status).toBe(404)
  })
})

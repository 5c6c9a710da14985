import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import { loadConfigObject } from '../src/config/load.ts'
import { type Gateway, gatewayOf } from '../src/gateway/create-gateway.ts'
import { type House, openHouse } from '../src/gateway/house.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import type { Clock } from '../src/lib/clock.ts'
import type { MoneyOptions } from '../src/money/create-money.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import type { UsageRow } from '../src/storage/contracts/ledger-store.ts'
import { ACTS, type Act, type Sabotage, world } from './disturbed-waits.ts'

/*
 * Every wait of a call, disturbed in turn. The waits that lead out of the process are counted; then the call runs once for every n and every way to disturb
 * its n-th wait. Whatever happens, the caller hears exactly one end, each attempt is one row, what the rows cost is what the budget lost, no place is
 * taken, and in the end no money is held.
 */

vi.mock('../src/execution/egress.ts', async () => {
  const { disturbedEgress } = await import('./disturbed-waits.ts')
  return { createEgress: disturbedEgress }
})
vi.mock('../src/gateway/open-storage.ts', async () => {
  const { disturbedStorage } = await import('./disturbed-waits.ts')
  return { openStorage: async (_target: unknown, clock: Clock) => disturbedStorage(clock) }
})
vi.mock('../src/gateway/open-limits.ts', async () => {
  const { disturbedLimits } = await import('./disturbed-waits.ts')
  return { openLimits: (_connection: unknown, { clock }: { clock: Clock }) => disturbedLimits(clock) }
})
vi.mock('../src/money/create-money.ts', async (original) => {
  const { QUICK } = await import('./disturbed-waits.ts')
  const { createMoney } = await original<typeof import('../src/money/create-money.ts')>()
  return { createMoney: (options: MoneyOptions) => createMoney({ ...options, timings: QUICK }) }
})

const MODEL = { price: { input_per_mtok: 1_000, output_per_mtok: 1_000 }, max_output: 10 }
/** One for each run: a model that was seen to say much is given more at first, and asks no more. */
const LONG_MODELS = Array.from({ length: 40 }, (_, index) => `long-${index}`)
const LONG_MODEL = { ...MODEL, max_output: 4_000 }
const TIMEOUTS = { first_byte: '80ms', first_token: '80ms', idle: '80ms', total: '80ms' }
const WAITS = ['identify', 'take', 'lend', 'send', 'read', 'settle']
/** A stream that was cut for want of money has a good end too. */
const PAID = new Set(['completed', 'incomplete'])
const PLAIN = { name: 'a plain call', model: 'good', stream: false } as const
const CALLS = [
  PLAIN,
  { name: 'a streamed call', model: 'good', stream: true },
  { name: 'a plain call with a fallback', model: 'fallen', stream: false },
  { name: 'a streamed call with a fallback', model: 'fallen', stream: true },
  { name: 'a stream that asks for more money', model: 'long', stream: true },
  { name: 'a plain call of which two attempts are made at once', model: 'hedged', stream: false },
  { name: 'a streamed call of which two attempts are made at once', model: 'hedged', stream: true },
] as const

let house: House
let gateway: Gateway
let unused = 0

beforeEach(async () => {
  unused = 0
  const url = 'http://127.0.0.1:9/v1'
  const models = Object.fromEntries([['m', MODEL], ...LONG_MODELS.map((name) => [name, LONG_MODEL])])
  const provider = { type: 'openai', base_url: url, api_key: 'sk', models, timeouts: TIMEOUTS }
  const loaded = loadConfigObject(
    {
      version: 1,
      auth: { mode: 'keys' },
      storage: { url: 'memory:' },
      providers: { oa: provider, bad: provider, mute: provider },
      models: { good: ['oa/m'], bad: ['bad/m'], mute: ['mute/m'] },
      tasks: {
        fallen: { default: 'bad', fallback: 'good', retry: { attempts: 0 } },
        hedged: { default: 'mute', fallback: 'good', retry: { attempts: 0 }, hedge: { after: '5ms' } },
      },
      breaker: { failures: null },
      limits: [
        { per: 'total', concurrency: 2 },
        { per: 'user', tokens: 100_000, window: '1h' },
      ],
      budgets: [{ per: 'user', usd: 10, window: 'day' }],
    },
    { env: {}, knownProviders: [...providerDefinitions.values()] },
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  house = await openHouse({ config: loaded.config, log: SILENT_LOG })
  gateway = gatewayOf(house)
})
afterEach(() => gateway.close())

/** A key that nobody has seen yet, so that it has to be looked up. */
async function newKey(user: string): Promise<string> {
  const defaults = { feature: 'test', user_id: user }
  const { key } = await issueKey(house.storage.keys, { kind: 'tenant', tenantId: 'acme', defaults }, Date.now())
  return key.reveal()
}

/** What the caller of one call heard: how many ends, and whether a good one. */
interface Heard {
  readonly ends: number
  readonly whole: boolean
}

async function hear(key: string, call: (typeof CALLS)[number], caller: AbortController): Promise<Heard> {
  const { stream } = call
  const model = call.model === 'long' ? `oa/${LONG_MODELS[unused++]}` : call.model
  const cap = call.model === 'long' ? {} : { max_tokens: 5 }
  const body = JSON.stringify({ model, stream, ...cap, messages: [{ role: 'user', content: 'Hi.' }] })
  const headers = { authorization: `Bearer ${key}` }
  const url = 'http://headgate/v1/chat/completions'
  try {
    const reply = await gateway.fetch(url, { method: 'POST', headers, body, signal: caller.signal })
    const text = await reply.text()
    const errors = text.split('"error":').length - 1
    const goodEnds = stream ? text.split('data: [DONE]').length - 1 : reply.status === 200 ? 1 : 0
    return { ends: errors + goodEnds, whole: goodEnds === 1 }
  } catch (error) {
    expect(error).toMatchObject({ name: 'AbortError' })
    expect(caller.signal.aborted).toBe(true)
    return { ends: 1, whole: false }
  }
}

async function rowsOf(user: string): Promise<readonly UsageRow[]> {
  const { rows } = await house.storage.reader.events({ limit: 1_000 })
  return rows.filter(({ userId }) => userId === user)
}

/** Runs one call under sabotage, and waits until its rows are written. */
async function run(user: string, call: (typeof CALLS)[number], at: number, act: Act) {
  const key = await newKey(user)
  const caller = new AbortController()
  const sabotage: Sabotage = { at, act, caller, steps: [] }
  world.sends = 0
  world.sabotage = sabotage
  const heard = await hear(key, call, caller)
  const atTheEnd = (await rowsOf(user)).filter(({ status }) => PAID.has(status)).length
  // Who could not be told from anybody has no row: nobody knows whose it would be.
  const unknown = sabotage.steps.at(-1) === 'identify' && (act === 'fail' || act === 'lost')
  const written = async () => expect((await rowsOf(user)).length).toBeGreaterThan(unknown ? -1 : 0)
  await vi.waitFor(written, { timeout: 5_000, interval: 5 })
  world.sabotage = null
  return { heard, atTheEnd, sends: world.sends, unknown, steps: sabotage.steps, rows: await rowsOf(user) }
}

/** A server that was away is asked again only after a moment. */
async function everybodyIsBack(key: string): Promise<void> {
  const back = async () => {
    expect((await hear(key, PLAIN, new AbortController())).whole).toBe(true)
    expect(house.limits.condition().state).toBe('ok')
    expect(world.shared?.slotsHeld()).toBe(0)
  }
  await vi.waitFor(back, { timeout: 10_000, interval: 20 })
}

describe.each(CALLS)('$name', (call) => {
  it.each(ACTS)(
    'ends once, costs what its rows say and holds nothing, whichever wait is disturbed: %s',
    async (act) => {
      const nobody = await newKey('nobody')
      const undisturbed = await run('undisturbed', call, Number.POSITIVE_INFINITY, act)
      expect(undisturbed.heard).toEqual({ ends: 1, whole: true })
      expect(new Set(undisturbed.steps)).toEqual(new Set(WAITS))
      if (call.model === 'long') expect(undisturbed.steps.filter((name) => name === 'lend').length).toBeGreaterThan(1)

      for (let at = 1; at <= undisturbed.steps.length; at += 1) {
        const user = `${act}-${at}-${undisturbed.steps[at - 1]}`
        const { heard, atTheEnd, sends, unknown, steps, rows } = await run(user, call, at, act)
        expect([user, steps.length >= at, heard.ends]).toEqual([user, true, 1])
        // One row for each attempt, or one for the refusal of a call that made none.
        const refused = unknown ? [] : [0]
        expect([user, rows.map(({ attempt }) => attempt).toSorted()]).toEqual([
          user,
          sends === 0 ? refused : Array.from({ length: sends }, (_, index) => index + 1),
        ])
        expect([user, house.limits.slotsHeld()]).toEqual([user, 0])
        // Who saw the end finds its charge in the books.
        if (heard.whole) expect([user, atTheEnd]).toEqual([user, 1])
        await everybodyIsBack(nobody)
      }

      await gateway.close()
      const { rows } = await house.storage.reader.events({ limit: 1_000 })
      const spent = new Map<string, bigint>()
      for (const { userId, cost } of rows) spent.set(String(userId), (spent.get(String(userId)) ?? 0n) + cost)
      const budgets = await house.storage.ledger.budgets()
      expect(budgets.length).toBeGreaterThan(undisturbed.steps.length - 3)
      for (const { key, posted, sliced } of budgets) {
        const user = [...spent.keys()].find((one) => key.includes(`user=${one}/`) || key.includes(`=${one}/`))
        expect([key, sliced, posted]).toEqual([key, 0n, spent.get(user ?? '')])
      }
    },
    60_000,
  )
})

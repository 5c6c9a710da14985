import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfigObject } from '../src/config/load.ts'
import { GatewayError } from '../src/errors/gateway-error.ts'
import { answerOf, chunk, jsonOf } from '../src/execution/attempt-world.contract.ts'
import { type Transport, TransportFailure, type UpstreamBody, type UpstreamCall } from '../src/execution/transport.ts'
import { type Gateway, gatewayOf } from '../src/gateway/create-gateway.ts'
import { type House, openHouse } from '../src/gateway/house.ts'
import { SILENT_LOG } from '../src/gateway/silent-log.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import type { UsageRow } from '../src/storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../src/storage/memory/open.ts'

/*
 * Every wait of a call, disturbed in turn. The waits that lead out of the process (lend, send, each read, settle) are counted; then the call runs
 * once for every n and every way to disturb its n-th wait. Whatever happens, the caller hears exactly one end, each attempt is one row, what the
 * rows cost is what the budget lost, no place is taken, and in the end no money is held.
 */

/** `fail`: it did not happen. `lost`: it happened, but the answer says otherwise. `leave`: the caller goes. `hang`: it takes until the caller goes. */
const ACTS = ['fail', 'lost', 'leave', 'hang'] as const

interface Sabotage {
  readonly at: number
  readonly act: (typeof ACTS)[number]
  readonly caller: AbortController
  /** The waits of the call so far. */
  readonly steps: string[]
}

const world = vi.hoisted(() => ({ sabotage: null as Sabotage | null, sends: 0 }))

async function step<Result>(name: string, perform: () => Promise<Result>, failure: () => Error): Promise<Result> {
  const { sabotage } = world
  if (!sabotage) return perform()
  sabotage.steps.push(name)
  if (sabotage.steps.length !== sabotage.at) return perform()
  if (sabotage.act === 'fail') throw failure()
  if (sabotage.act === 'lost') {
    await perform()
    throw failure()
  }
  if (sabotage.act === 'hang') await new Promise(setImmediate)
  sabotage.caller.abort()
  if (sabotage.act === 'hang') for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate)
  return perform()
}

const away = () => new GatewayError('ledger_unavailable', 'The ledger is away.')
const broken = () => new TransportFailure('reset', true, 'the connection broke')

/** A body that is there at once, piece by piece. */
function bodyOf(call: UpstreamCall, inner: UpstreamBody, pieces?: string[]): UpstreamBody {
  const read = async () => {
    if (call.signal.aborted) throw new TransportFailure('aborted', true, 'the caller left')
    if (!pieces) return inner.read()
    const piece = pieces.shift()
    return piece === undefined ? null : Buffer.from(piece)
  }
  return { read: () => step('read', read, broken), abort: () => undefined }
}

vi.mock('../src/execution/egress.ts', () => ({
  createEgress: (): Transport => ({
    close: async () => undefined,
    send(call) {
      world.sends += 1
      const reply = async () => {
        if (call.signal.aborted) throw new TransportFailure('aborted', false, 'the caller left')
        if (call.endpoint.provider === 'bad') return jsonOf(503, { error: { message: 'busy' } })
        if (!call.body.includes('"stream":true')) return answerOf('Hello.')
        const usage = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n'
        const pieces = [
          chunk({ content: 'Hel' }),
          chunk({ content: 'lo.' }),
          chunk({}, 'stop'),
          usage,
          'data: [DONE]\n\n',
        ]
        return {
          status: 200,
          headers: { 'content-type': 'text/event-stream' },
          body: bodyOf(call, jsonOf(200, null).body, pieces),
        }
      }
      const whole = async () => {
        const got = await reply()
        return got.headers['content-type'] === 'text/event-stream' ? got : { ...got, body: bodyOf(call, got.body) }
      }
      return step('send', whole, broken)
    },
  }),
}))

vi.mock('../src/gateway/open-storage.ts', () => ({
  openStorage: async (_target: unknown, clock: Parameters<typeof openMemoryStorage>[0]['clock']) => {
    const storage = openMemoryStorage({ clock })
    const { ledger } = storage
    const disturbed = {
      ...ledger,
      growSlices: (...ask: Parameters<typeof ledger.growSlices>) => step('lend', () => ledger.growSlices(...ask), away),
      settle: (...ask: Parameters<typeof ledger.settle>) => step('settle', () => ledger.settle(...ask), away),
    }
    return { storage: { ...storage, ledger: disturbed }, dataDir: null, note: '', close: async () => undefined }
  },
}))

const MODEL = { price: { input_per_mtok: 1_000, output_per_mtok: 1_000 }, max_output: 10 }
const CALLS = [
  { name: 'a plain call', model: 'good', stream: false },
  { name: 'a streamed call', model: 'good', stream: true },
  { name: 'a plain call with a fallback', model: 'fallen', stream: false },
  { name: 'a streamed call with a fallback', model: 'fallen', stream: true },
] as const

let house: House
let gateway: Gateway

beforeEach(async () => {
  const url = 'http://127.0.0.1:9/v1'
  const provider = { type: 'openai', base_url: url, api_key: 'sk', models: { m: MODEL } }
  const loaded = loadConfigObject(
    {
      version: 1,
      storage: { url: 'memory:' },
      providers: { oa: provider, bad: provider },
      models: { good: ['oa/m'], bad: ['bad/m'] },
      tasks: { fallen: { default: 'bad', fallback: 'good' } },
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

/** What the caller of one call heard: how many ends, and whether a good one. */
interface Heard {
  readonly ends: number
  readonly whole: boolean
}

async function hear(user: string, { model, stream }: (typeof CALLS)[number], caller: AbortController): Promise<Heard> {
  const fetch = gateway.fetchFor({ tenantId: 'acme', feature: 'test', userId: user })
  const body = JSON.stringify({ model, stream, max_tokens: 5, messages: [{ role: 'user', content: 'Hi.' }] })
  try {
    const reply = await fetch('http://headgate/v1/chat/completions', { method: 'POST', body, signal: caller.signal })
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
async function run(user: string, call: (typeof CALLS)[number], at: number, act: Sabotage['act']) {
  const caller = new AbortController()
  const sabotage: Sabotage = { at, act, caller, steps: [] }
  world.sends = 0
  world.sabotage = sabotage
  const heard = await hear(user, call, caller)
  const atTheEnd = (await rowsOf(user)).filter(({ status }) => status === 'completed').length
  await vi.waitFor(async () => expect((await rowsOf(user)).length).toBeGreaterThan(0), { timeout: 5_000, interval: 5 })
  world.sabotage = null
  return { heard, atTheEnd, sends: world.sends, steps: sabotage.steps, rows: await rowsOf(user) }
}

/** A ledger that was away is asked again only after a moment. */
async function ledgerIsBack(call: (typeof CALLS)[number]): Promise<void> {
  const back = async () => expect((await hear('nobody', call, new AbortController())).whole).toBe(true)
  await vi.waitFor(back, { timeout: 10_000, interval: 50 })
}

describe.each(CALLS)('$name', (call) => {
  it.each(ACTS)(
    'ends once, costs what its rows say and holds nothing, whichever wait is disturbed: %s',
    async (act) => {
      const undisturbed = await run('undisturbed', call, Number.POSITIVE_INFINITY, act)
      expect(undisturbed.heard).toEqual({ ends: 1, whole: true })
      expect(undisturbed.steps).toEqual(expect.arrayContaining(['lend', 'send', 'read', 'settle']))

      for (let at = 1; at <= undisturbed.steps.length; at += 1) {
        const user = `${act}-${at}-${undisturbed.steps[at - 1]}`
        const { heard, atTheEnd, sends, steps, rows } = await run(user, call, at, act)
        expect([user, steps.length >= at, heard.ends]).toEqual([user, true, 1])
        // One row for each attempt, or one for the refusal of a call that made none.
        expect([user, rows.map(({ attempt }) => attempt).toSorted()]).toEqual([
          user,
          sends === 0 ? [0] : Array.from({ length: sends }, (_, index) => index + 1),
        ])
        expect([user, house.limits.slotsHeld()]).toEqual([user, 0])
        // Who saw the end finds its charge in the books.
        if (heard.whole) expect([user, atTheEnd]).toEqual([user, 1])
        await ledgerIsBack(call)
      }

      await gateway.close()
      const { rows } = await house.storage.reader.events({ limit: 1_000 })
      const spent = new Map<string, bigint>()
      for (const { userId, cost } of rows) spent.set(String(userId), (spent.get(String(userId)) ?? 0n) + cost)
      const budgets = await house.storage.ledger.budgets()
      expect(budgets.length).toBeGreaterThan(undisturbed.steps.length)
      for (const { key, posted, sliced } of budgets) {
        const user = [...spent.keys()].find((one) => key.includes(`user=${one}/`) || key.includes(`=${one}/`))
        expect([key, sliced, posted]).toEqual([key, 0n, spent.get(user ?? '')])
      }
    },
  )
})

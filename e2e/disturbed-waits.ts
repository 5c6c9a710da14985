import { vi } from 'vitest'
import { createAdmission } from '../src/admission/admission.ts'
import { shareLimits } from '../src/admission/shared-limits.ts'
import { GatewayError } from '../src/errors/gateway-error.ts'
import { answerOf, chunk, jsonOf } from '../src/execution/attempt-world.contract.ts'
import { type Transport, TransportFailure, type UpstreamBody, type UpstreamCall } from '../src/execution/transport.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import type { OpenedLimits } from '../src/gateway/open-limits.ts'
import type { OpenedStorage } from '../src/gateway/open-storage.ts'
import type { Clock } from '../src/lib/clock.ts'
import type { MoneyTimings } from '../src/money/money-timings.ts'
import { createMemoryLimits, type MemoryLimits } from '../src/storage/memory/limit-store.ts'
import { openMemoryStorage } from '../src/storage/memory/open.ts'

/*
 * A world in which every wait of a call that leads out of the process (identify, take, lend, send, each read, settle) goes through one place, where it is
 * counted, and where one of them can be disturbed.
 */

/**
 * `fail`: it did not happen. `lost`: it happened, but the answer says otherwise. `leave`: the caller goes. `hang`: it takes until the caller goes. `stall`: it
 * takes longer than the call waits, and the caller stays.
 */
export const ACTS = ['fail', 'lost', 'leave', 'hang', 'stall'] as const

/** One way to disturb a wait. */
export type Act = (typeof ACTS)[number]

/** Which wait of a call is disturbed, and how. */
export interface Sabotage {
  readonly at: number
  readonly act: Act
  readonly caller: AbortController
  /** The waits of the call so far. */
  readonly steps: string[]
}

interface World {
  sabotage: Sabotage | null
  /** Attempts so far. */
  sends: number
  /** The counts on the server that instances share. */
  shared: MemoryLimits | null
}

/** The world of one test file. */
export const world: World = { sabotage: null, sends: 0, shared: null }

/** The call's own patience, in ms: short, so that a stall is. */
export const QUICK: Partial<MoneyTimings> = { holdWaitMs: 40, settleWaitMs: 40 }
const PATIENCE_MS = 40
/** Longer than any patience here. */
const STALL_MS = 120

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** What a wait does when it does not go well. */
interface Trouble<Result> {
  readonly failure: () => Error
  readonly stall: (perform: () => Promise<Result>) => Promise<Result>
}

async function step<Result>(
  name: string,
  perform: () => Promise<Result>,
  { failure, stall }: Trouble<Result>,
): Promise<Result> {
  const { sabotage } = world
  if (!sabotage) return perform()
  sabotage.steps.push(name)
  if (sabotage.steps.length !== sabotage.at) return perform()
  if (sabotage.act === 'fail') throw failure()
  if (sabotage.act === 'stall') return stall(perform)
  if (sabotage.act === 'lost') {
    await perform()
    throw failure()
  }
  if (sabotage.act === 'hang') await new Promise(setImmediate)
  sabotage.caller.abort()
  if (sabotage.act === 'hang') for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate)
  return perform()
}

/** A server that is away, or answers in the end, when nobody waits any more. */
function troubleOfServer<Result>(): Trouble<Result> {
  return {
    failure: () => new GatewayError('ledger_unavailable', 'The server is away.'),
    stall: (perform) => after(STALL_MS).then(perform),
  }
}

/** The same for a server that is sent one command after the other and works them off in this order: only its answer is late. */
function troubleOfLimits<Result>(): Trouble<Result> {
  return {
    ...troubleOfServer(),
    async stall(perform) {
      const answer = await perform()
      await after(STALL_MS)
      return answer
    },
  }
}

/** A connection that breaks, or of which the clocks of the call have enough. */
function troubleOfLine<Result>({ signal }: UpstreamCall): Trouble<Result> {
  return {
    failure: () => new TransportFailure('reset', true, 'the connection broke'),
    async stall() {
      await Promise.race([
        after(STALL_MS),
        new Promise<void>((resolve) => signal.addEventListener('abort', resolve, { once: true })),
      ])
      throw new TransportFailure(signal.aborted ? 'aborted' : 'idle-timeout', true, 'nothing came')
    },
  }
}

/** A body that is there at once, piece by piece. */
function bodyOf(call: UpstreamCall, inner: UpstreamBody, pieces?: string[]): UpstreamBody {
  const read = async () => {
    if (call.signal.aborted) throw new TransportFailure('aborted', true, 'the caller left')
    if (!pieces) return inner.read()
    const piece = pieces.shift()
    return piece === undefined ? null : Buffer.from(piece)
  }
  return { read: () => step('read', read, troubleOfLine(call)), abort: () => undefined }
}

/** More words than a stream holds money for when it begins. */
const LONG = Array.from({ length: 6 }, () => chunk({ content: 'word '.repeat(400) }))
const SHORT = [chunk({ content: 'Hel' }), chunk({ content: 'lo.' })]

/** Says nothing until it is given up. */
async function silence({ signal }: UpstreamCall): Promise<never> {
  const gone = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => gone.resolve(), { once: true })
  if (!signal.aborted) await gone.promise
  throw new TransportFailure('aborted', true, 'the caller left')
}

/** Providers: `bad` is busy, `mute` says nothing, all others say the same few words, or many in a stream of a model called `long-…`. */
export function disturbedEgress(): Transport {
  return {
    close: async () => undefined,
    send(call) {
      world.sends += 1
      const reply = async () => {
        if (call.signal.aborted) throw new TransportFailure('aborted', false, 'the caller left')
        if (call.endpoint.provider === 'mute') return silence(call)
        if (call.endpoint.provider === 'bad') return jsonOf(503, { error: { message: 'busy' } })
        if (!call.body.includes('"stream":true')) return answerOf('Hello.')
        const long = call.body.includes('"model":"long-')
        const said = long ? 2_400 : 2
        const counts = { prompt_tokens: 3, completion_tokens: said, total_tokens: 3 + said }
        const usage = `data: ${JSON.stringify({ choices: [], usage: counts })}\n\n`
        const pieces = [...(long ? LONG : SHORT), chunk({}, 'stop'), usage, 'data: [DONE]\n\n']
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
      return step('send', whole, troubleOfLine(call))
    },
  }
}

/** A ledger and keys in memory that take as long to answer as they are told. */
export function disturbedStorage(clock: Clock): OpenedStorage {
  const storage = openMemoryStorage({ clock })
  const { ledger, keys } = storage
  const disturbedLedger: typeof ledger = {
    ...ledger,
    growSlices: (...ask) => step('lend', () => ledger.growSlices(...ask), troubleOfServer()),
    settle: (...ask) => step('settle', () => ledger.settle(...ask), troubleOfServer()),
  }
  const disturbedKeys: typeof keys = {
    ...keys,
    findByMac: (mac) => step('identify', () => keys.findByMac(mac), troubleOfServer()),
  }
  const opened = { ...storage, ledger: disturbedLedger, keys: disturbedKeys }
  return { storage: opened, dataDir: null, note: '', close: async () => undefined }
}

/** Limits that are shared through a server, which is in memory and answers as late as it is told. */
export function disturbedLimits(clock: Clock): OpenedLimits {
  const own = createMemoryLimits({ clock })
  const counts = createMemoryLimits({ clock })
  world.shared = counts
  const server = {
    ...counts,
    take: (ask: Parameters<MemoryLimits['take']>[0]) => step('take', async () => counts.take(ask), troubleOfLimits()),
    peek: async (looks: Parameters<MemoryLimits['peek']>[0]) => counts.peek(looks),
    beat: vi.fn(async () => 1),
  }
  const shared = shareLimits({ server, own, log: SILENT_LOG, patienceMs: PATIENCE_MS, probeMs: 5 })
  return {
    admission: createAdmission({ store: shared, clock, instance: 'ins_test' }),
    condition: () => shared.condition(),
    slotsHeld: () => own.slotsHeld(),
    counts: shared,
    close: async () => shared.close(),
  }
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import type { IdempotencyStore } from '../storage/contracts/idempotency-store.ts'
import { createMemoryIdempotency } from '../storage/memory/idempotency-store.ts'
import type { Entered, KeyedCall } from './keyed-run.ts'
import { KeyedRuns } from './keyed-runs.ts'

/* Two processes with one store, on a clock that the test turns. */

const KEEP_MS = 86_400_000
const REPLY = { head: { status: 200 }, body: Buffer.from('answer') }
const AWAY = new GatewayError('ledger_unavailable', 'away')

let store: IdempotencyStore
let here: KeyedRuns
let there: KeyedRuns
const warn = vi.fn()

beforeEach(() => {
  vi.useFakeTimers()
  warn.mockReset()
  store = createMemoryIdempotency({ now: () => Date.now() })
  here = new KeyedRuns({ store, log: { warn } })
  there = new KeyedRuns({ store, log: { warn } })
})
afterEach(async () => {
  await Promise.all([here.close(), there.close(), vi.advanceTimersByTimeAsync(10_000)])
  vi.useRealTimers()
})

function callOf(changes: Partial<KeyedCall> = {}): KeyedCall {
  const quiet = { stop: () => undefined, beat: () => undefined }
  return {
    tenantId: 'acme',
    keyHash: 'hash',
    fingerprint: JSON.stringify({ address: '1', context: {}, body: {} }),
    stream: false,
    signal: new AbortController().signal,
    ...quiet,
    ...changes,
  }
}

const enter = (runs: KeyedRuns, changes: Partial<KeyedCall> = {}) => runs.enter(callOf(changes), KEEP_MS)

/** The right to run, which the test says it must be. */
async function running(entering: Promise<Entered>) {
  const { run } = await entering
  if (!run) throw new Error('it did not get the right to run')
  return run
}

describe('calls that wait in one process', () => {
  it('ask the store once between them', async () => {
    const claim = vi.spyOn(store, 'claim')
    const run = await running(enter(here))
    const waiting = Array.from({ length: 19 }, () => enter(here))
    await run.end({ state: 'kept', reply: REPLY })
    for (const { earlier } of await Promise.all(waiting)) expect(earlier).toEqual({ reply: REPLY, state: 'kept' })
    expect(claim).toHaveBeenCalledTimes(1)
  })

  it('are told together that the store is away, and nobody runs', async () => {
    vi.spyOn(store, 'claim').mockRejectedValueOnce(AWAY)
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => enter(here)))
    expect(asked.every((one) => one.status === 'rejected' && one.reason === AWAY)).toBe(true)
  })

  it('take over one by one from a caller who leaves while it waits for another process', async () => {
    const run = await running(enter(there))
    const left = new AbortController()
    const first = enter(here, { signal: left.signal })
    const second = enter(here)
    await vi.advanceTimersByTimeAsync(100)
    left.abort()
    await expect(first).rejects.toMatchObject({ code: 'client_closed' })
    await run.end({ state: 'kept', reply: REPLY })
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await second).earlier).toEqual({ reply: REPLY, state: 'kept' })
  })

  it('run one after another when what ran came to nothing', async () => {
    const run = await running(enter(here))
    const [second, third] = [enter(here), enter(here)]
    await run.end({ state: 'free', reply: null })
    const next = await running(second)
    await next.end({ state: 'kept', reply: REPLY })
    expect((await third).earlier).toEqual({ reply: REPLY, state: 'kept' })
  })

  it('are told why the caller is sent away', async () => {
    await enter(here)
    const closed = new GatewayError('kill_switch_on', 'off')
    await expect(enter(here, { signal: AbortSignal.abort(closed) })).rejects.toBe(closed)
  })
})

describe('a lease', () => {
  it('is renewed for as long as the process lives', async () => {
    await enter(here)
    const waiting = enter(there)
    let isOver = false
    void waiting.finally(() => {
      isOver = true
    })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(isOver).toBe(false)
  })

  it('lapses with the process, and one of those who wait takes over', async () => {
    const lost = await running(enter(here))
    vi.spyOn(store, 'extend').mockRejectedValue(AWAY)
    const waiting = [enter(there), enter(there), enter(there)]
    await vi.advanceTimersByTimeAsync(16_000)
    const heir = await running(Promise.race(waiting))
    await lost.end({ state: 'kept', reply: { ...REPLY, body: Buffer.from('too late') } })
    await heir.end({ state: 'kept', reply: REPLY })
    const replies = await Promise.all(waiting)
    expect(replies.map(({ earlier }) => earlier?.reply.body.toString())).toEqual([undefined, 'answer', 'answer'])
    expect(warn).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('taken its key over'))
  })
})

describe('an end that the store does not take', () => {
  it('is offered again, and given from memory meanwhile', async () => {
    const end = vi.spyOn(store, 'end').mockRejectedValueOnce(AWAY).mockRejectedValueOnce(AWAY)
    const run = await running(enter(here))
    await run.end({ state: 'kept', reply: REPLY })
    expect((await enter(here)).earlier).toEqual({ reply: REPLY, state: 'kept' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(end).toHaveBeenCalledTimes(3)
    expect((await enter(there)).earlier).toEqual({ reply: REPLY, state: 'kept' })
  })

  it('is written once', async () => {
    const end = vi.spyOn(store, 'end')
    const run = await running(enter(here))
    await Promise.all([run.end({ state: 'kept', reply: REPLY }), run.end({ state: 'free', reply: null })])
    expect(end).toHaveBeenCalledTimes(1)
    expect((await enter(there)).earlier).toMatchObject({ state: 'kept' })
  })
})

describe('a reply that is not there', () => {
  it.each([['too_large', /too large to be kept/] as const, ['may_have_acted', /tools may have acted/] as const])(
    'is said to be not there, here and elsewhere: %s',
    async (because, words) => {
      const run = await running(enter(here))
      const waiting = enter(here)
      await run.end({ state: 'lost', because })
      for (const asked of [waiting, enter(here), enter(there)]) {
        await expect(asked).rejects.toMatchObject({
          code: 'idempotency_conflict',
          message: expect.stringMatching(words),
        })
      }
    },
  )
})

describe('a process that closes', () => {
  it('stops what runs, waits for its end, and leaves the key to others', async () => {
    const stop = vi.fn()
    const run = await running(enter(here, { stop }))
    const waiting = enter(there)
    const closing = here.close()
    expect(stop).toHaveBeenCalledWith(expect.objectContaining({ code: 'no_deployment_available' }))
    await run.end({ state: 'free', reply: null })
    await closing
    await vi.advanceTimersByTimeAsync(1_000)
    expect((await waiting).run).not.toBeNull()
  })
})

describe('old replies', () => {
  it('are deleted in batches, and again after the store was away', async () => {
    const sweep = vi.spyOn(store, 'sweep')
    sweep.mockRejectedValueOnce(AWAY).mockResolvedValueOnce(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(warn).toHaveBeenCalledWith(expect.anything(), expect.stringContaining('could not be deleted'))
    const before = sweep.mock.calls.length
    sweep.mockResolvedValueOnce(500).mockResolvedValueOnce(500).mockResolvedValueOnce(7)
    await vi.advanceTimersByTimeAsync(60_000)
    // Three batches of the one process, and a look of the other.
    expect(sweep.mock.calls.length - before).toBe(4)
  })
})

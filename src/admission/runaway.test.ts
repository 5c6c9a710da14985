import { describe, expect, it } from 'vitest'
import type { CallContext } from '../access/context.ts'
import type { RunawayConfig } from '../config/sections/runaway.ts'
import { subjectOf } from './kill-switch-world.contract.ts'
import { findRunaway, type RepeatableCall } from './runaway.ts'
import { RepeatWatch } from './runaway-repeats.ts'
import { RunWatch } from './runaway-runs.ts'

const MINUTE = 60_000
const POLICY: RunawayConfig = {
  identicalCalls: 3,
  windowMs: MINUTE,
  action: 'refuse',
  perRun: { calls: null, cost: null },
}

/** A clock that stands, and what calls are judged by. */
function setting(policy: Partial<RunawayConfig> = {}) {
  let now = 0
  const watches = { repeats: new RepeatWatch({ monotonic: () => now }), runs: new RunWatch() }
  const find = (call: RepeatableCall) => findRunaway(call, { ...POLICY, ...policy }, watches)
  const wait = (ms: number) => {
    now += ms
  }
  return { find, wait, watches }
}

function call(changes: Partial<RepeatableCall> & { readonly text?: string } = {}, context: Partial<CallContext> = {}) {
  const { text = 'Hi.', ...rest } = changes
  return { ...subjectOf(context), model: 'fast', conversation: () => [Buffer.from(text)], ...rest }
}

describe('identical calls', () => {
  it('pass as often as it is allowed within the window, and then no more until one is old enough', () => {
    const { find, wait } = setting()
    for (let count = 0; count < 3; count += 1) {
      expect(find(call())).toBeNull()
      wait(10_000)
    }
    wait(10_000)
    // At 40 s: the calls came at 0, 10 and 20 s; this one counts too.
    expect(find(call())?.refusal).toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 30_000,
      message:
        'The same call came more than 3 times within 1m, which looks like a loop. Change the call, or stop it for 30s; each repetition starts the wait again.',
      details: { runaway: 'identical_calls', identical_calls: 3, window: '1m' },
    })
    wait(30_000)
    expect(find(call())).toBeNull()
  })

  it('that are repeated although they are refused stay refused until they pause', () => {
    const { find, wait } = setting()
    for (let count = 0; count < 30; count += 1) {
      const finding = find(call())
      if (count >= 3) expect(finding).not.toBeNull()
      wait(10_000)
    }
    wait(MINUTE)
    expect(find(call())).toBeNull()
  })

  it.each<[string, Partial<RepeatableCall> & { readonly text?: string }, Partial<CallContext>]>([
    ['other words', { text: 'Ho.' }, {}],
    ['another model', { model: 'large' }, {}],
    ['another user', {}, { userId: 'u2' }],
    ['another tenant', {}, { tenantId: 'globex' }],
  ])('are told from those with %s', (_, changes, context) => {
    const { find } = setting()
    for (let count = 0; count < 3; count += 1) find(call())
    expect(find(call(changes, context))).toBeNull()
    expect(find(call())).not.toBeNull()
  })

  it('are told apart by key where no user is named, and are one user’s whatever the key', () => {
    const { find } = setting()
    for (let count = 0; count < 3; count += 1) find(call({}, { userId: null }))
    expect(find(call({ keyId: 'key_8' }, { userId: null }))).toBeNull()
    expect(find(call({}, { userId: null }))?.sign.scope).toEqual({ tenant: 'acme', key: 'key_7' })
    for (let count = 0; count < 3; count += 1) find(call({ keyId: `key_${count}` }))
    expect(find(call())?.sign.scope).toEqual({ tenant: 'acme', user: 'u1' })
  })

  it('are flagged and pass where the policy only watches', () => {
    const { find } = setting({ action: 'alert' })
    for (let count = 0; count < 3; count += 1) expect(find(call())).toBeNull()
    expect(find(call())).toMatchObject({ refusal: null, sign: { quietMs: MINUTE } })
  })

  it('are not even looked at while nobody asked for it', () => {
    const { find } = setting({ identicalCalls: null })
    const conversation = () => {
      throw new Error('this costs time')
    }
    for (let count = 0; count < 9; count += 1) expect(find(call({ conversation }))).toBeNull()
  })

  it('count by the newest policy when it changes', () => {
    const { watches } = setting()
    for (let count = 0; count < 20; count += 1) findRunaway(call(), { ...POLICY, identicalCalls: 20 }, watches)
    expect(findRunaway(call(), { ...POLICY, identicalCalls: 5 }, watches)).not.toBeNull()
    expect(findRunaway(call(), { ...POLICY, identicalCalls: 20 }, watches)).toBeNull()
  })
})

describe('a run', () => {
  const perRun = { calls: 2, cost: 1_000n }

  it('is flagged after its last call, and other runs are not', () => {
    const { find } = setting({ identicalCalls: null, action: 'alert', perRun })
    const mine = call({}, { runId: 'r1' })
    expect([find(mine), find(mine)]).toEqual([null, null])
    expect(find(mine)).toMatchObject({
      refusal: null,
      sign: { key: 'runaway/run/acme/r1', scope: { tenant: 'acme', run: 'r1' } },
    })
    expect(find(call({}, { runId: 'r2' }))).toBeNull()
    expect(find(call({}, { runId: 'r1', tenantId: 'globex' }))).toBeNull()
    expect(find(call())).toBeNull()
  })

  it('is flagged once it has cost too much', () => {
    const { find, watches } = setting({ identicalCalls: null, action: 'alert', perRun: { calls: null, cost: 1_000n } })
    const mine = call({}, { runId: 'r1' })
    find(mine)
    watches.runs.spent('acme', 'r1', 999n)
    expect(find(mine)).toBeNull()
    watches.runs.spent('acme', 'r1', 1n)
    expect(find(mine)?.sign.message).toContain('has made 3 calls for 0.000001 USD')
  })

  it('is left to its budget where it is to be refused', () => {
    const { find } = setting({ identicalCalls: null, action: 'refuse', perRun })
    for (let count = 0; count < 9; count += 1) expect(find(call({}, { runId: 'r1' }))).toBeNull()
  })
})

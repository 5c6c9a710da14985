import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KillBoard } from './kill-switch-board.ts'
import { CALL_SCOPES } from './kill-switch-scope.ts'
import { GPT, subjectOf, switchOn } from './kill-switch-world.contract.ts'

const NOW = 1_000

describe('a switch on a call', () => {
  it.each([
    [{ total: true }],
    [{ tenant: 'acme' }],
    [{ user: 'u1' }],
    [{ feature: 'chat' }],
    [{ task: 'rag' }],
    [{ key: 'key_7' }],
    [{ plan: 'free' }],
    [{ tenant: 'acme', user: 'u1' }],
  ] as const)('stops the calls of its scope: %j', (scope) => {
    const row = switchOn(scope)
    expect(new KillBoard([row]).ofCall(subjectOf(), NOW)).toBe(row)
  })

  it.each([
    [{ tenant: 'globex' }],
    [{ team: 'acme' }],
    [{ run: 'acme' }],
    [{ tenant: 'acme', user: 'u2' }],
    [{ tenant: 'globex', user: 'u1' }],
    [{ tenant: 'acme', team: 't1' }],
    [{ tenant: 'acme', model: 'gpt-4o' }],
    [{ tenant: 'acme', planet: 'earth' }],
    [{ constructor: 'acme' }],
  ] as const)('stops no other: %j', (scope) => {
    expect(new KillBoard([switchOn(scope)]).ofCall(subjectOf(), NOW)).toBeNull()
  })

  it('stops what a plain look through all switches finds, and nothing else', () => {
    const name = fc.constantFrom('tenant', 'user', 'feature', 'plan', 'run')
    const value = fc.constantFrom('a', 'b', 'a","b', '')
    const scope = fc.dictionary(name, value, { minKeys: 1, maxKeys: 3 })
    const call = fc.record({ tenantId: value, userId: value, feature: value, plan: value, runId: fc.option(value) })
    fc.assert(
      fc.property(fc.array(scope, { maxLength: 8 }), call, (scopes, context) => {
        const subject = subjectOf(context)
        const stops = (one: Record<string, string>) =>
          Object.entries(one).every(([key, wanted]) => CALL_SCOPES[key]?.(subject) === wanted)
        const found = new KillBoard(scopes.map((one) => switchOn(one))).ofCall(subject, NOW)
        expect(found !== null).toBe(scopes.some(stops))
        if (found) expect(stops(found.scope as Record<string, string>)).toBe(true)
      }),
    )
  })

  it('ends at its time; of two on the same calls the one that stays longer counts', () => {
    const short = switchOn({ tenant: 'acme' }, { endsAt: NOW })
    const long = switchOn({ tenant: 'acme' }, { endsAt: NOW + 1 })
    expect(new KillBoard([short]).ofCall(subjectOf(), NOW)).toBeNull()
    expect(new KillBoard([short]).ofCall(subjectOf(), NOW - 1)).toBe(short)
    for (const both of [
      [short, long],
      [long, short],
    ]) {
      expect(new KillBoard(both).ofCall(subjectOf(), NOW)).toBe(long)
    }
  })
})

describe('a switch on a model or provider', () => {
  it.each([
    [{ model: 'fast' }],
    [{ model: 'gpt-4o' }],
    [{ model: 'oa/gpt-4o' }],
    [{ provider: 'oa' }],
    [{ provider: 'oa', model: 'gpt-4o' }],
    [{ tenant: 'acme', provider: 'oa' }],
  ] as const)('keeps the deployment from serving, and stops no call by itself: %j', (scope) => {
    const row = switchOn(scope)
    const board = new KillBoard([row])
    expect(board.hasTargets).toBe(true)
    expect(board.ofTarget(subjectOf(), GPT, NOW)).toBe(row)
    expect(board.ofCall(subjectOf(), NOW)).toBeNull()
  })

  it.each([
    [{ model: 'gpt-4' }],
    [{ model: 'oa' }],
    [{ provider: 'gpt-4o' }],
    [{ provider: 'oa', model: 'other' }],
    [{ tenant: 'globex', provider: 'oa' }],
    [{ tenant: 'acme' }],
  ] as const)('keeps no other: %j', (scope) => {
    expect(new KillBoard([switchOn(scope)]).ofTarget(subjectOf(), GPT, NOW)).toBeNull()
  })

  it('makes nobody look at deployments while there is none', () => {
    expect(new KillBoard([switchOn({ tenant: 'acme' })]).hasTargets).toBe(false)
  })
})

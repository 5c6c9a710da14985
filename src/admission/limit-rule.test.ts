import { describe, expect, it } from 'vitest'
import { compileLimits, countedFor } from './limit-rule.ts'
import { contextOf, GPT, limitOf, placesOf } from './limit-world.contract.ts'

const CALL = {
  context: contextOf({ teamId: 't1', runId: 'r1', plan: 'free', promptVersion: 'v7' }),
  keyId: 'key_1',
  task: 'rag',
  ...GPT,
}
const counted = (limit: Parameters<typeof limitOf>[0], call: typeof CALL = CALL) => {
  const [rule] = compileLimits([limitOf(limit)])
  return rule ? countedFor(rule, call) : undefined
}

describe('a limit', () => {
  it.each([
    ['total', ''],
    ['tenant', 'acme'],
    ['team', 'acme\nt1'],
    ['user', 'acme\nu1'],
    ['run', 'acme\nr1'],
    ['feature', 'chat'],
    ['task', 'rag'],
    ['model', 'gpt-4o'],
    ['key', 'key_1'],
  ] as const)('per %s counts calls by its value', (per, value) => {
    expect(counted({ per, amount: 1 })).toBe(value)
  })

  it.each(['team', 'user', 'run'] as const)('per %s counts the same value of two tenants twice', (per) => {
    const other = { ...CALL, context: { ...CALL.context, tenantId: 'globex' } }
    expect(counted({ per, amount: 1 }, other)).not.toBe(counted({ per, amount: 1 }))
  })

  it.each(['team', 'user', 'run', 'task', 'key'] as const)('per %s is skipped when the call has none', (per) => {
    const bare = { ...CALL, context: contextOf({ userId: null }), keyId: null, task: null }
    expect(counted({ per, amount: 1 }, bare as unknown as typeof CALL)).toBeNull()
  })

  it.each([
    [{ feature: ['chat'] }, true],
    [{ feature: ['search', 'chat'], plan: ['free'] }, true],
    [{ feature: ['chat'], plan: ['pro'] }, false],
    [{ model: ['fast'] }, true],
    [{ model: ['gpt-4o'] }, true],
    [{ model: ['oa/gpt-4o'] }, true],
    [{ model: ['gpt-4'] }, false],
    [{ run_id: ['r1'] }, true],
    [{ key: ['key_1'], risk: ['read_only'], prompt_version: ['v7'] }, true],
    [{ region: ['eu'] }, false],
  ] as const)('that matches %j counts the call: %s', (match, counts) => {
    expect(counted({ per: 'total', amount: 1, match }) !== null).toBe(counts)
  })

  it('is one with another that counts the same, and the smaller one counts', () => {
    const rules = compileLimits([
      limitOf({ per: 'tenant', amount: 100 }),
      limitOf({ per: 'tenant', amount: 60 }),
      limitOf({ per: 'tenant', amount: 80 }),
      limitOf({ per: 'tenant', amount: 90, windowMs: 3_600_000 }),
      limitOf({ per: 'tenant', amount: 70, unit: 'tokens' }),
      limitOf({ per: 'tenant', amount: 50, match: { feature: ['a'] } }),
      limitOf({ per: 'tenant', amount: 40, match: { feature: ['b', 'a'] } }),
      placesOf('tenant', 5),
    ])
    expect(rules.map(({ id, policy }) => [id, policy.amount])).toEqual([
      ['tenant/requests/1m', 60],
      ['tenant/requests/1h', 90],
      ['tenant/tokens/1m', 70],
      ['tenant/requests/1m[feature=a]', 50],
      ['tenant/requests/1m[feature=a|b]', 40],
      ['tenant/concurrency', 5],
    ])
  })

  it('keeps its name apart from that of another, whatever its match holds', () => {
    const rules = compileLimits([
      limitOf({ per: 'total', amount: 1, match: { feature: ['a|b'] } }),
      limitOf({ per: 'total', amount: 1, match: { feature: ['a', 'b'] } }),
      limitOf({ per: 'total', amount: 1, match: { feature: ['a,plan=x'] } }),
      limitOf({ per: 'total', amount: 1, match: { feature: ['a'], plan: ['x'] } }),
    ])
    expect(new Set(rules.map(({ id }) => id)).size).toBe(4)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallContext } from '../access/context.ts'
import type { MatchField } from '../config/sections/call-match.ts'
import { budgetsOf, type CallBudget } from './budget.ts'
import { budgetKey, readBudgetKey } from './budget-key.ts'
import { BudgetMemory } from './budget-memory.ts'
import type { BudgetPolicy } from './budget-source.ts'
import { CENT, callContext, DOLLAR, TestBudgets, tenantBudget } from './money.contract.ts'
import { PolicyIndex } from './policy-index.ts'
import { createCalendar } from './window.ts'

const calendar = createCalendar()
const NOON = Date.parse('2026-11-21T23:30:00Z')
const keysOf = (source: TestBudgets, changes = {}, keyId: string | null = null): string[] =>
  budgetsOf(source, calendar, { context: callContext('acme', changes), keyId, target, atMs: NOON }).map(
    (one) => one.window.key,
  )
const policy = (per: BudgetPolicy['per'], changes: Partial<BudgetPolicy> = {}): BudgetPolicy => ({
  per,
  unit: 'usd',
  limit: DOLLAR,
  window: 'day',
  match: [],
  ...changes,
})
/** What serves the calls, by its logical name, the upstream's and its own. */
const target = { logicalName: 'small', deployment: { id: 'azure/gpt-4o', model: 'gpt-4o' } }
const withPolicies = (...list: readonly BudgetPolicy[]): TestBudgets => Object.assign(new TestBudgets(), { list })

describe('budgets of a call', () => {
  test('without a limit there is no budget', () => {
    expect(keysOf(new TestBudgets())).toEqual([])
  })

  test('a limit of zero is a budget', () => {
    expect(keysOf(TestBudgets.daily(0n))).toEqual(['tenant=acme/usd/day'])
  })

  test("a tenant's days and months are those of its zone", () => {
    const source = new TestBudgets()
    source.limits = {
      budgets: [tenantBudget(DOLLAR), tenantBudget(9n * DOLLAR, { window: 'month' })],
      timezone: 'Europe/Berlin',
    }
    const budgets = budgetsOf(source, calendar, { context: callContext('acme'), keyId: null, target: null, atMs: NOON })
    expect(budgets.map((one) => [one.window.key, one.window.windowId, one.window.limit])).toEqual([
      ['tenant=acme/usd/day', 'day:2026-11-22', DOLLAR],
      ['tenant=acme/usd/month', 'month:2026-11', 9n * DOLLAR],
    ])
    expect(budgets[0]?.window.endsAt).toBe(Date.parse('2026-11-22T23:00:00Z'))
  })

  test('of two for the same the smaller limit counts, and the ladder of the one that has one', () => {
    const ladder = { alertAt: [0.5], downgradeAt: null, downgradeTo: null, killAt: null }
    const small = policy('tenant', { limit: CENT })
    const large = policy('tenant', { ladder })
    for (const source of [withPolicies(small, large), withPolicies(large, small)]) {
      const [budget] = budgetsOf(source, calendar, { context: callContext('acme'), keyId: null, target, atMs: NOON })
      expect([budget?.window.limit, budget?.ladder]).toEqual([CENT, ladder])
    }
    const [own] = budgetsOf(withPolicies(small), calendar, {
      context: callContext('acme'),
      keyId: null,
      target,
      atMs: NOON,
    })
    expect(own?.ladder).toBeUndefined()
  })

  test('every scope has a budget for its value, and none where the call has no value', () => {
    const source = withPolicies(
      policy('total'),
      policy('team'),
      policy('user'),
      policy('feature'),
      policy('task'),
      policy('key'),
    )
    expect(keysOf(source)).toEqual(['feature=chat/usd/day', 'total/usd/day'])
    expect(keysOf(source, { teamId: 't1', userId: 'u1', task: 'sum' }, 'key_1')).toEqual([
      'feature=chat/usd/day',
      'key=key_1/usd/day',
      'task=sum/usd/day',
      'tenant=acme,team=t1/usd/day',
      'tenant=acme,user=u1/usd/day',
      'total/usd/day',
    ])
  })

  test('a run belongs to its tenant, and a model is the one of the upstream, whoever hosts it', () => {
    const source = withPolicies(
      policy('run', { unit: 'requests', window: 'hour' }),
      policy('model', { unit: 'tokens' }),
    )
    expect(keysOf(source)).toEqual(['model=gpt-4o/tokens/day'])
    expect(keysOf(source, { runId: 'r1' })).toEqual(['model=gpt-4o/tokens/day', 'tenant=acme,run=r1/requests/hour'])
    const nobody = { context: callContext('acme'), keyId: null, target: null, atMs: NOON }
    expect(budgetsOf(source, calendar, nobody)).toEqual([])
  })

  test.each(['small', 'gpt-4o', 'azure/gpt-4o'])('a match on a model takes its name %s', (name) => {
    const match = [{ field: 'model' as const, values: ['other', name] }]
    const [budget] = budgetsOf(withPolicies(policy('total', { match })), calendar, {
      context: callContext('acme'),
      keyId: null,
      target,
      atMs: NOON,
    })
    expect(budget).toMatchObject({
      ofModel: true,
      window: { key: `total[model=${[name, 'other'].sort().join('|').replace('/', '%2F')}]/usd/day` },
    })
  })

  test.each([
    ['tenant', 'acme'],
    ['team', 't1'],
    ['user', 'u1'],
    ['feature', 'chat'],
    ['task', 'sum'],
    ['key', 'key_1'],
    ['plan', 'free'],
    ['risk', 'write'],
    ['quality', 'best'],
    ['priority', 'high'],
    ['visibility', 'public'],
    ['data_sensitivity', 'internal'],
    ['region', 'eu'],
    ['prompt_version', 'v7'],
    ['run_id', 'r1'],
    ['permission_scope', 'team-a'],
  ] as const)('a match on %s counts calls with one of its values, and no others', (field, value) => {
    const changes: Partial<CallContext> = {
      teamId: 't1',
      userId: 'u1',
      task: 'sum',
      plan: 'free',
      risk: 'write',
      quality: 'best',
      priority: 'high',
      visibility: 'public',
      dataSensitivity: 'internal',
      region: 'eu',
      promptVersion: 'v7',
      runId: 'r1',
      permissionScope: 'team-a',
    }
    const matching = (...values: readonly string[]) => withPolicies(policy('total', { match: [{ field, values }] }))
    expect(keysOf(matching('other', value), changes, 'key_1')).toHaveLength(1)
    expect(keysOf(matching('other'), changes, 'key_1')).toEqual([])
  })

  test('of a hundred thousand budgets a call is in its own, and they are not all looked at', () => {
    const list = Array.from({ length: 100_000 }, (_, number) =>
      policy('tenant', { match: [{ field: 'tenant' as const, values: [`ten_${number}`] }] }),
    )
    const index = new PolicyIndex([...list, policy('total'), policy('user')])
    const looked = index.of((field) => (field === 'tenant' ? 'ten_777' : null))
    expect(looked.map(({ per }) => per)).toEqual(['total', 'user', 'tenant'])
    expect(looked[2]).toBe(list[777])
  })

  test('an index leaves nothing out that a call may be in', () => {
    const field = fc.constantFrom<MatchField>('tenant', 'user', 'feature', 'plan', 'task')
    const value = fc.constantFrom('a', 'b', 'c')
    const match = fc.array(fc.record({ field, values: fc.array(value, { minLength: 1, maxLength: 3 }) }), {
      maxLength: 3,
    })
    const call = fc.dictionary(field, value)
    fc.assert(
      fc.property(fc.array(match, { maxLength: 40 }), call, (matches, values) => {
        const list = matches.map((one) => policy('total', { match: one }))
        const valueIn = (name: MatchField) => values[name] ?? null
        const meant = list.filter((one) => one.match.every((term) => term.values.includes(values[term.field] ?? '')))
        const found = new PolicyIndex(list).of(valueIn)
        expect(new Set(found).size).toBe(found.length)
        expect(found).toEqual(expect.arrayContaining(meant))
      }),
    )
  })

  test('budgets that span tenants have one calendar for all', () => {
    const source = withPolicies(policy('total'), policy('user'))
    source.limits = { ...source.limits, timezone: 'Europe/Berlin' }
    const context = callContext('acme', { userId: 'u1' })
    const budgets = budgetsOf(source, calendar, { context, keyId: null, target: null, atMs: NOON })
    expect(budgets.map((one) => [one.window.windowId, one.zone])).toEqual([
      ['day:2026-11-22', 'Europe/Berlin'],
      ['day:2026-11-21', 'UTC'],
    ])
  })

  test('a match leaves out calls with other values', () => {
    const source = withPolicies(policy('total', { match: [{ field: 'feature', values: ['search'] }] }))
    expect(keysOf(source)).toEqual([])
    expect(keysOf(source, { feature: 'search' })).toEqual(['total[feature=search]/usd/day'])
  })

  test('of two limits for the same budget the smaller one counts', () => {
    for (const list of [
      [policy('tenant', { limit: 3n * CENT }), policy('tenant', { limit: 2n * CENT })],
      [policy('tenant', { limit: 2n * CENT }), policy('tenant', { limit: 3n * CENT })],
    ]) {
      const source = Object.assign(TestBudgets.daily(DOLLAR), { list })
      const budgets = budgetsOf(source, calendar, {
        context: callContext('acme'),
        keyId: null,
        target: null,
        atMs: NOON,
      })
      expect(budgets.map((one) => one.window.limit)).toEqual([2n * CENT])
    }
  })
})

describe('budget keys', () => {
  test('different budgets have different keys, and a key tells its parts', () => {
    const values = fc.string({ unit: fc.constantFrom('a', '=', '/', ',', '|', '[', ']', '%', 'é') })
    const policies = fc.record({
      per: fc.constantFrom('tenant', 'team', 'user', 'feature') as fc.Arbitrary<BudgetPolicy['per']>,
      value: values,
      tenant: values,
      match: fc.option(values),
    })
    const keyOf = ({
      per,
      value,
      tenant,
      match,
    }: {
      per: BudgetPolicy['per']
      value: string
      tenant: string
      match: string | null
    }) =>
      budgetKey(
        policy(per, { match: match === null ? [] : [{ field: 'plan', values: [match] }] }),
        value,
        per === 'feature' ? null : tenant,
      )
    fc.assert(
      fc.property(policies, (one) => {
        const parts = readBudgetKey(keyOf(one))
        const own = one.per === 'team' || one.per === 'user' ? { tenant: one.tenant } : {}
        expect(parts).toEqual({
          scope: { ...own, [one.per]: one.value },
          match: one.match === null ? {} : { plan: [one.match] },
          unit: 'usd',
          window: 'day',
        })
      }),
    )
  })

  test('the total has a key of its own', () => {
    expect(readBudgetKey('total/usd/month')).toEqual({
      scope: { total: true },
      match: {},
      unit: 'usd',
      window: 'month',
    })
    expect(readBudgetKey('tokens per day')).toBeNull()
  })

  test('with a memory it gives the very same budgets until limit, zone or window change', () => {
    const memory = new BudgetMemory<CallBudget>()
    const source = withPolicies(policy('user'), policy('feature', { match: [{ field: 'plan', values: ['free'] }] }))
    const find = (atMs: number, changes = {}) => {
      const question = {
        context: callContext('acme', { plan: 'free', userId: 'u1', ...changes }),
        keyId: null,
        target: null,
        atMs,
      }
      const found = budgetsOf(source, calendar, question, memory)
      expect(found).toEqual(budgetsOf(source, calendar, question))
      return found
    }
    source.limits = { budgets: [tenantBudget(DOLLAR)], timezone: 'Europe/Berlin' }
    const before = find(NOON)
    expect(find(NOON + 1)[0]).toBe(before[0])
    find(NOON + 86_400_000)
    find(NOON - 86_400_000)
    source.limits = { budgets: [tenantBudget(2n * DOLLAR)], timezone: 'Europe/Berlin' }
    find(NOON)
    source.limits = { budgets: [tenantBudget(2n * DOLLAR)], timezone: 'Asia/Tokyo' }
    find(NOON)
    source.list = [policy('user', { limit: CENT }), policy('feature', { match: [{ field: 'plan', values: ['pro'] }] })]
    find(NOON)
    find(NOON, { plan: 'pro' })
  })

  test('a call is in the budget of the task that it is run as, whatever it says of itself', () => {
    const source = withPolicies(policy('task'))
    const keyOf = (task?: string | null) => {
      const context = callContext('acme', { task: 'label' })
      return budgetsOf(source, calendar, { context, keyId: null, task, target: null, atMs: NOON })[0]?.window.key
    }
    expect([keyOf('support'), keyOf(null), keyOf()]).toEqual(['task=support/usd/day', undefined, 'task=label/usd/day'])
  })

  test('names that look alike when put together are kept apart by a memory', () => {
    const memory = new BudgetMemory<CallBudget>()
    const source = withPolicies(policy('user'))
    const keyOf = (tenantId: string, userId: string) =>
      budgetsOf(
        source,
        calendar,
        { context: callContext(tenantId, { userId }), keyId: null, target: null, atMs: NOON },
        memory,
      )[0]?.window.key
    expect(keyOf('a', 'b c')).toBe('tenant=a,user=b c/usd/day')
    expect(keyOf('a b', 'c')).toBe('tenant=a b,user=c/usd/day')
  })
})

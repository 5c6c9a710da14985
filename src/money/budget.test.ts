import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { budgetsOf, type CallBudget } from './budget.ts'
import { budgetKey, readBudgetKey } from './budget-key.ts'
import { BudgetMemory } from './budget-memory.ts'
import type { BudgetPolicy } from './budget-source.ts'
import { CENT, callContext, DOLLAR, TestBudgets, tenantBudget } from './money.contract.ts'
import { createCalendar } from './window.ts'

const calendar = createCalendar()
const NOON = Date.parse('2026-11-21T23:30:00Z')
const keysOf = (source: TestBudgets, changes = {}, keyId: string | null = null): string[] =>
  budgetsOf(source, calendar, { context: callContext('acme', changes), keyId, atMs: NOON }).map((one) => one.window.key)
const policy = (per: BudgetPolicy['per'], changes: Partial<BudgetPolicy> = {}): BudgetPolicy => ({
  per,
  unit: 'usd',
  limit: DOLLAR,
  window: 'day',
  match: [],
  ...changes,
})
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
    const budgets = budgetsOf(source, calendar, { context: callContext('acme'), keyId: null, atMs: NOON })
    expect(budgets.map((one) => [one.window.key, one.window.windowId, one.window.limit])).toEqual([
      ['tenant=acme/usd/day', 'day:2026-11-22', DOLLAR],
      ['tenant=acme/usd/month', 'month:2026-11', 9n * DOLLAR],
    ])
    expect(budgets[0]?.window.endsAt).toBe(Date.parse('2026-11-22T23:00:00Z'))
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

  test('budgets that span tenants have one calendar for all', () => {
    const source = withPolicies(policy('total'), policy('user'))
    source.limits = { ...source.limits, timezone: 'Europe/Berlin' }
    const context = callContext('acme', { userId: 'u1' })
    const budgets = budgetsOf(source, calendar, { context, keyId: null, atMs: NOON })
    expect(budgets.map((one) => [one.window.windowId, one.zone])).toEqual([
      ['day:2026-11-22', 'Europe/Berlin'],
      ['day:2026-11-21', 'UTC'],
    ])
  })

  test('a match leaves out calls with other values', () => {
    const source = withPolicies(policy('total', { match: [{ attribute: 'feature', value: 'search' }] }))
    expect(keysOf(source)).toEqual([])
    expect(keysOf(source, { feature: 'search' })).toEqual(['total[feature=search]/usd/day'])
  })

  test('of two limits for the same budget the smaller one counts', () => {
    for (const list of [
      [policy('tenant', { limit: 3n * CENT }), policy('tenant', { limit: 2n * CENT })],
      [policy('tenant', { limit: 2n * CENT }), policy('tenant', { limit: 3n * CENT })],
    ]) {
      const source = Object.assign(TestBudgets.daily(DOLLAR), { list })
      const budgets = budgetsOf(source, calendar, { context: callContext('acme'), keyId: null, atMs: NOON })
      expect(budgets.map((one) => one.window.limit)).toEqual([2n * CENT])
    }
  })
})

describe('budget keys', () => {
  test('different budgets have different keys, and a key tells its parts', () => {
    const values = fc.string({ unit: fc.constantFrom('a', '=', '/', ',', '[', ']', '%', 'é') })
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
        policy(per, { match: match === null ? [] : [{ attribute: 'plan', value: match }] }),
        value,
        per === 'feature' ? null : tenant,
      )
    fc.assert(
      fc.property(policies, (one) => {
        const parts = readBudgetKey(keyOf(one))
        const own = one.per === 'team' || one.per === 'user' ? { tenant: one.tenant } : {}
        expect(parts).toEqual({
          scope: { ...own, [one.per]: one.value },
          match: one.match === null ? {} : { plan: one.match },
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
    const source = withPolicies(policy('user'), policy('feature', { match: [{ attribute: 'plan', value: 'free' }] }))
    const find = (atMs: number, changes = {}) => {
      const question = { context: callContext('acme', { plan: 'free', userId: 'u1', ...changes }), keyId: null, atMs }
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
    source.list = [policy('user', { limit: CENT }), policy('feature', { match: [{ attribute: 'plan', value: 'pro' }] })]
    find(NOON)
    find(NOON, { plan: 'pro' })
  })

  test('names that look alike when put together are kept apart by a memory', () => {
    const memory = new BudgetMemory<CallBudget>()
    const source = withPolicies(policy('user'))
    const keyOf = (tenantId: string, userId: string) =>
      budgetsOf(source, calendar, { context: callContext(tenantId, { userId }), keyId: null, atMs: NOON }, memory)[0]
        ?.window.key
    expect(keyOf('a', 'b c')).toBe('tenant=a,user=b c/usd/day')
    expect(keyOf('a b', 'c')).toBe('tenant=a b,user=c/usd/day')
  })
})

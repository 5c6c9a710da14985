import { expect, test } from 'vitest'
import type { BudgetPolicy } from './budget-source.ts'
import { DOLLAR, TestBudgets, tenantBudget } from './money.contract.ts'
import { standingBudgets } from './standing-budgets.ts'
import { createCalendar } from './window.ts'

const NIGHT = Date.parse('2026-11-21T23:30:00Z')
const policy = (per: BudgetPolicy['per'], match: BudgetPolicy['match'] = []): BudgetPolicy => ({
  per,
  unit: 'usd',
  limit: 9n * DOLLAR,
  window: 'month',
  match,
})

function standing(list: readonly BudgetPolicy[], tenants = [{ id: 'acme', plan: 'free' }]) {
  const source = Object.assign(new TestBudgets(), { list })
  source.limits = { budgets: [tenantBudget(DOLLAR)], timezone: 'Europe/Berlin' }
  return standingBudgets(source, createCalendar(), tenants, NIGHT)
}

test('the total and the listed tenants have windows before any call, each in its zone', () => {
  expect(standing([policy('total'), policy('tenant')])).toEqual([
    {
      key: 'total/usd/month',
      windowId: 'month:2026-11',
      unit: 'usd',
      limit: 9n * DOLLAR,
      endsAt: Date.parse('2026-12-01T00:00Z'),
    },
    {
      key: 'tenant=acme/usd/day',
      windowId: 'day:2026-11-22',
      unit: 'usd',
      limit: DOLLAR,
      endsAt: Date.parse('2026-11-22T23:00:00Z'),
    },
    {
      key: 'tenant=acme/usd/month',
      windowId: 'month:2026-11',
      unit: 'usd',
      limit: 9n * DOLLAR,
      endsAt: Date.parse('2026-11-30T23:00:00Z'),
    },
  ])
})

test('what only a call can name has no window before one came', () => {
  const list = [policy('user'), policy('team'), policy('feature'), policy('task'), policy('key')]
  expect(standing([...list, policy('total', [{ field: 'feature', values: ['chat'] }])], [])).toEqual([])
})

test('a match on plan or tenant holds for the tenants it names', () => {
  const free = policy('tenant', [{ field: 'plan', values: ['free'] }])
  const tenants = [
    { id: 'acme', plan: 'free' },
    { id: 'globex', plan: 'paid' },
  ]
  const keys = standing([free], tenants).map(({ key }) => key)
  expect(keys).toContain('tenant=acme[plan=free]/usd/month')
  expect(keys).not.toContain('tenant=globex[plan=free]/usd/month')
})

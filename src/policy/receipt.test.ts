import { describe, expect, test } from 'vitest'
import { receipt, refusedReceipt } from './receipt.ts'
import { RouteRefusal } from './refusal.ts'
import { refusal, run, task } from './routing-world.contract.ts'

describe('the receipt', () => {
  test('of a call that nobody may serve tells rules and reasons, and chooses nothing', () => {
    const rules = [
      { conditions: new Map([['risk', { anyOf: ['admin'] }]] as const), change: { default: 'small' } },
      { conditions: new Map(), change: { default: 'large' } },
    ]
    const tasks = [task('t', { default: 'small', rules })]
    const error = refusal({ model: 't' }, { tasks, tenant: { region: 'eu' } })
    expect(error).toBeInstanceOf(RouteRefusal)
    expect(refusedReceipt((error as RouteRefusal).outline)).toMatchObject({
      task: 't',
      rule: { task: 't', index: 1 },
      rules: [
        { index: 0, matched: false },
        { index: 1, matched: true },
      ],
      chosen: null,
      candidates: [
        { deployment: 'openai/gpt-4o', taken: false, reason: 'outside_region', estimated_cost_usd: null },
        { deployment: 'anthropic/claude', taken: false, reason: 'outside_region', estimated_cost_usd: null },
      ],
      estimate: null,
      requested_model: 't',
    })
  })

  test('tells what a deployment could have cost that was passed over for it', () => {
    const models = [
      { name: 'pool', deployments: ['openai/cheap-and-long', 'openai/gpt-4o'], strategy: 'cheapest' as const },
    ]
    const told = receipt(run({ model: 'pool', maxOutputTokens: 100, context: { maxCostUsd: 0.0000006 } }, { models }))
    expect(told.candidates).toMatchObject([
      { deployment: 'openai/cheap-and-long', taken: true, strategy: 'cheapest', estimated_cost_usd: 5.1e-7 },
      { deployment: 'openai/gpt-4o', taken: false, reason: 'over_cost_ceiling', estimated_cost_usd: 0.00000102 },
    ])
  })
})

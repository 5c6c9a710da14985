import { expect, test } from 'vitest'
import { createGateway } from '../create-gateway.ts'

const CONFIG = {
  storage: { url: 'memory:' },
  providers: { sim: { type: 'simulated' } },
  models: { small: ['sim/simulated-small'], large: ['sim/simulated-large'] },
  tasks: {
    answer: {
      default: 'large',
      when: [
        { if: { plan: 'free' }, use: 'small' },
        { if: { complexity: { gt: 0.9 }, budget_used: { gt: 0.5 } }, use: 'small' },
      ],
    },
  },
  plans: { free: { daily_usd_limit: 1 }, paid: {} },
  tenants: { acme: { plan: 'paid' } },
}

test('the library explains a call, or what is known of one, and on another plan', async () => {
  const gateway = await createGateway({ config: CONFIG })
  const call = { tenantId: 'acme', feature: 'chat', task: 'answer' }
  const messages = [{ role: 'user' as const, content: 'Hello.' }]
  expect(await gateway.explain({ ...call, messages })).toMatchObject({
    chosen: { deployment: 'sim/simulated-large' },
    context: { tenant_id: 'acme', plan: 'paid' },
    refusal: null,
  })
  expect(await gateway.explain({ ...call, inputTokens: 700, plan: 'free' })).toMatchObject({
    rule: { index: 0 },
    chosen: { deployment: 'sim/simulated-small' },
    estimate: { input_tokens: 700 },
    limits: [{ kind: 'budget', limit: 1 }],
  })
  expect(await gateway.explain({ ...call, complexity: 'complex', budgetUsed: 0.7 })).toMatchObject({
    rule: { index: 1 },
  })
  expect(await gateway.explain({ ...call, messages, complexity: 1 })).toMatchObject({ rule: { index: null } })
  await expect(gateway.explain({ ...call, complexity: 7 })).rejects.toMatchObject({ param: 'complexity' })
  expect(await gateway.explain({ ...call, model: 'nothing', task: 'other' })).toMatchObject({
    refusal: { code: 'task_not_found' },
  })
  await expect(gateway.explain({ ...call, messages: [] })).rejects.toMatchObject({ code: 'invalid_request' })
  await gateway.close()
})

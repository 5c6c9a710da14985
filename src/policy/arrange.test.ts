import { describe, expect, test } from 'vitest'
import { NO_SIGNALS } from './call-facts.ts'
import type { LogicalModel } from './policy-input.ts'
import { receipt } from './receipt.ts'
import { type Ask, first, ids, run, task, type World } from './routing-world.contract.ts'

function world(strategy: NonNullable<LogicalModel['strategy']>, more: Partial<World> = {}): World {
  const deployments = ['openai/gpt-4o', 'azure/gpt-4o', 'anthropic/claude']
  const weights = new Map([['openai/gpt-4o', 0]])
  return {
    models: [{ name: 'pool', deployments, strategy, weights }],
    tasks: [task('t', { default: 'pool', fallback: ['tiny'] })],
    ...more,
  }
}

const decide = (where: World, ask: Ask = {}) => run({ model: 't', ...ask }, where)
const firstOf = (where: World, ask: Ask = {}) => first(decide(where, ask)).deployment.id
const spreadOver = (where: World, ask: (call: number) => Ask) =>
  new Set(Array.from({ length: 60 }, (_, call) => firstOf(where, ask(call))))

describe('the strategy of a logical model', () => {
  test('orders its deployments and leaves the models in their places', () => {
    const runningOf = ({ id }: { id: string }) => (id === 'anthropic/claude' ? 0 : id === 'azure/gpt-4o' ? 1 : 2)
    const decision = decide(world('least-busy', { runningOf }))
    expect(ids(decision)).toEqual(['anthropic/claude', 'azure/gpt-4o', 'openai/gpt-4o', 'vllm/tiny'])
    expect(receipt(decision).candidates).toMatchObject(ids(decision).map((deployment) => ({ deployment, taken: true })))
  })

  test('never brings back what may not serve', () => {
    const where = world('weighted', { tenant: { allowedModels: ['openai/gpt-4o', 'vllm/tiny'] } })
    const decision = decide(where)
    expect(ids(decision)).toEqual(['openai/gpt-4o', 'vllm/tiny'])
    expect(decision.considered).toHaveLength(4)
    expect(decision.estimate.cost).toBe(first(decision).worstCase)
  })

  test('leaves chance to the trace, and an agent run at one deployment', () => {
    const where = world('weighted')
    expect(spreadOver(where, (call) => ({ traceId: `tr_${call}` }))).toEqual(
      new Set(['azure/gpt-4o', 'anthropic/claude']),
    )
    expect(spreadOver(where, (call) => ({ traceId: `tr_${call}`, context: { runId: 'r1' } })).size).toBe(1)
    expect(firstOf(where, { traceId: 'tr_7' })).toBe(firstOf(where, { traceId: 'tr_7' }))
  })

  test('goes by what is known of deployments: how long they took', () => {
    const took: Readonly<Record<string, number>> = {
      'openai/gpt-4o': 900,
      'azure/gpt-4o': 300,
      'anthropic/claude': 500,
    }
    const latencyOf = ({ id }: { id: string }) => ({ p50Ms: 1, p95Ms: took[id] ?? 0, samples: 20 })
    expect(ids(decide(world('fastest', { latencyOf })))).toEqual([
      'azure/gpt-4o',
      'anthropic/claude',
      'openai/gpt-4o',
      'vllm/tiny',
    ])
  })

  test('compares costs for answers of the same length, whatever each model could give', () => {
    const models: World['models'] = [
      { name: 'pool', deployments: ['openai/roomy', 'openai/cheap-and-long', 'vllm/tiny'], strategy: 'cheapest' },
    ]
    expect(ids(run({ model: 'pool' }, { models }))).toEqual(['openai/cheap-and-long', 'openai/roomy', 'vllm/tiny'])
  })

  test('keeps prompts that begin the same together', () => {
    const signals = (prefix: string) => ({ ...NO_SIGNALS, prefix: () => prefix })
    const where = world('prefix-affinity')
    expect(spreadOver(where, (call) => ({ traceId: `tr_${call}`, signals: signals('one') })).size).toBe(1)
    expect(spreadOver(where, (call) => ({ traceId: 'tr', signals: signals(`prefix ${call}`) })).size).toBe(3)
  })
})

import { describe, expect, test, vi } from 'vitest'
import type { ConditionAttribute, ConditionConfig } from '../config/sections/conditions.ts'
import type { TaskRule } from './policy-input.ts'
import { receipt } from './receipt.ts'
import { type Ask, first, ids, run, task, type World } from './routing-world.contract.ts'

type If = Partial<Record<ConditionAttribute, ConditionConfig>>

function rule(conditions: If, change: TaskRule['change']): TaskRule {
  return { conditions: new Map(Object.entries(conditions) as [ConditionAttribute, ConditionConfig][]), change }
}

function world(...rules: readonly TaskRule[]): World {
  return { tasks: [task('answer', { default: 'large', fallback: ['small'], maxLatencyMs: 900, rules })] }
}

const WRITE: If = { risk: { anyOf: ['write'] } }
const decide = (where: World, ask: Ask = {}) => run({ model: 'answer', ...ask }, where)

describe('the rules of a task', () => {
  test('the first that fits has its way, and those after it are not tried', () => {
    const where = world(
      rule({ plan: { anyOf: ['free'] } }, { default: 'tiny', fallback: [] }),
      rule(WRITE, { default: 'azure/gpt-4o', fallback: [] }),
      rule({}, { default: 'small' }),
    )
    const decision = decide(where, { context: { risk: 'write', plan: 'pro' } })
    expect(ids(decision)).toEqual(['azure/gpt-4o'])
    expect(decision.rule).toEqual({
      task: 'answer',
      index: 1,
      text: 'task answer, rule 1, when risk is write: azure/gpt-4o',
    })
    expect(receipt(decision).rules).toEqual([
      {
        index: 0,
        text: 'when plan is free',
        matched: false,
        why: 'plan is free does not hold: it is pro',
      },
      { index: 1, text: 'when risk is write', matched: true, why: null },
    ])
    expect(ids(decide(where, { context: { plan: 'pro' } }))).toEqual(['openai/gpt-4o-mini', 'openai/gpt-4o'])
  })

  test('when none fits the task is run as it says itself', () => {
    const decision = decide(world(rule(WRITE, { default: 'tiny' })))
    expect(decision.rule.index).toBeNull()
    expect(ids(decision)).toEqual(['openai/gpt-4o', 'anthropic/claude', 'openai/gpt-4o-mini'])
    expect(decision.trials).toHaveLength(1)
  })

  test('what a rule does not say stays as the task has it: fallback, ceilings, each parameter', () => {
    const temperature = { default: 0.3, max: 1 }
    const where: World = {
      tasks: [
        task('answer', {
          fallback: ['small'],
          maxLatencyMs: 900,
          delivery: 'whole',
          parameters: { temperature, topP: { default: null, max: null }, maxOutputTokens: { default: 9, max: null } },
          rules: [rule(WRITE, { default: 'tiny', parameters: { maxOutputTokens: { default: 5, max: null } } })],
        }),
      ],
    }
    const decision = decide(where, { context: { risk: 'write' } })
    expect(ids(decision)).toEqual(['vllm/tiny', 'openai/gpt-4o-mini', 'openai/gpt-4o'])
    expect(decision).toMatchObject({ deadlineMs: 900, delivery: 'whole', parameters: { temperature: 0.3 } })
    expect(first(decision).maxOutputTokens).toBe(5)
  })

  test('a rule may change ceilings and handover and leave the models', () => {
    const change = { maxLatencyMs: 5, maxCost: 2_000n, delivery: 'whole', partial: 'return' } as const
    const decision = decide(world(rule(WRITE, change)), { context: { risk: 'write' } })
    expect(decision).toMatchObject({ deadlineMs: 5, ceiling: 2_000n, delivery: 'whole', partial: 'return' })
    expect(ids(decision)).toHaveLength(3)
  })

  test('input tokens are counted as the estimate of the task’s first model counts them', () => {
    const where = world(rule({ input_tokens: { gt: 100 } }, { default: 'azure/gpt-4o', fallback: [] }))
    expect(first(decide(where, { prompt: { textBytes: 200, images: 0 } })).logicalName).toBe('large')
    expect(ids(decide(where, { prompt: { textBytes: 202, images: 0 } }))).toEqual(['azure/gpt-4o'])
  })

  test('what is dear to know is asked only when a rule comes to it, and once', () => {
    const signals = {
      prefix: () => '',
      responseMode: () => 'text' as const,
      tools: () => [],
      documents: () => null,
      complexity: vi.fn(() => ({ label: 'complex', score: 0.9 }) as const),
      budgetUsed: vi.fn(() => 0.5),
    }
    const where = world(
      rule(WRITE, { default: 'tiny' }),
      rule({ complexity: { gt: 0.95 } }, { default: 'tiny' }),
      rule({ complexity: { anyOf: ['complex'] } }, { default: 'small' }),
      rule({ budget_used: { gte: 0.9 } }, { default: 'tiny' }),
    )
    expect(first(decide(where, { signals, context: { risk: 'write' } })).logicalName).toBe('tiny')
    expect(signals.complexity).not.toHaveBeenCalled()
    expect(first(decide(where, { signals })).logicalName).toBe('small')
    expect(signals.complexity).toHaveBeenCalledTimes(1)
    expect(signals.budgetUsed).not.toHaveBeenCalled()
  })

  test('a call that goes to a cheaper model at a limit keeps the caps of the rule it fits', () => {
    const where = world(rule(WRITE, { maxLatencyMs: 7 }))
    expect(decide(where, { context: { risk: 'write' }, insteadOf: 'tiny' }).deadlineMs).toBe(7)
  })
})

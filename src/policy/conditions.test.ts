import { describe, expect, test } from 'vitest'
import { SILENT_CALL } from '../access/context.ts'
import { CONTEXT_FIELDS } from '../access/context-fields.ts'
import { CONDITION_ATTRIBUTES, type ConditionAttribute, type ConditionConfig } from '../config/sections/conditions.ts'
import { type CallFacts, compileCondition, valueText } from './conditions.ts'

function facts(change: Partial<CallFacts['context']> = {}, more: Partial<CallFacts> = {}): CallFacts {
  return {
    context: { ...SILENT_CALL, tenantId: 'acme', feature: 'f', ...change },
    inputTokens: () => 1_000,
    requiresJson: () => false,
    documents: () => null,
    complexity: () => ({ label: 'simple', score: 0.2 }),
    budgetUsed: () => null,
    ...more,
  }
}

const holds = (attribute: ConditionAttribute, condition: ConditionConfig, call = facts()) =>
  compileCondition(attribute, condition).holds(call)

describe('a condition', () => {
  test('can be on every attribute of a call', () => {
    for (const { name } of CONTEXT_FIELDS) expect(CONDITION_ATTRIBUTES).toContain(name)
    for (const attribute of CONDITION_ATTRIBUTES) expect(() => valueText(attribute, facts())).not.toThrow()
  })

  test('takes one value, or any of several', () => {
    expect(holds('risk', { anyOf: ['read_only'] })).toBe(true)
    expect(holds('risk', { anyOf: ['write', 'admin'] })).toBe(false)
    expect(holds('risk', { anyOf: ['write', 'admin'] }, facts({ risk: 'admin' }))).toBe(true)
  })

  test('on an attribute that a call does not have equals nothing, is in no bounds, and is not what it must not be', () => {
    expect(holds('plan', { anyOf: ['free'] })).toBe(false)
    expect(holds('plan', { not: ['free'] })).toBe(true)
    expect(holds('latency_target_ms', { lt: 1_000_000 })).toBe(false)
    expect(holds('budget_used', { lte: 1 })).toBe(false)
  })

  test('with bounds keeps every one of them, their edges included or not', () => {
    const at = (budget: number) => facts({}, { budgetUsed: () => budget })
    expect([0.8, 0.9, 1].map((share) => holds('budget_used', { gt: 0.8, lt: 1 }, at(share)))).toEqual([
      false,
      true,
      false,
    ])
    expect([0.8, 1].map((share) => holds('budget_used', { gte: 0.8, lte: 1 }, at(share)))).toEqual([true, true])
    expect(holds('budget_used', { gte: 0.8, not: [0.9] }, at(0.9))).toBe(false)
  })

  test('on complexity compares words with the label and bounds with the score', () => {
    expect(holds('complexity', { anyOf: ['simple', 'medium'] })).toBe(true)
    expect(holds('complexity', { gte: 0.2 })).toBe(true)
    expect(holds('complexity', { gt: 0.2 })).toBe(false)
    expect(holds('complexity', { gte: 0.1, not: ['simple'] })).toBe(false)
  })

  test('on documents counts those that the call carries when it does not say how many were found', () => {
    const carrying = (said: number | null) => facts({ retrievedDocuments: said }, { documents: () => 3 })
    expect(holds('retrieved_documents', { gte: 3 }, carrying(null))).toBe(true)
    expect(holds('retrieved_documents', { gte: 3 }, carrying(0))).toBe(false)
  })

  test('says in words what it wants', () => {
    expect(compileCondition('plan', { anyOf: ['free', 'trial'] }).text).toBe('plan is free or trial')
    expect(compileCondition('input_tokens', { gt: 5, lte: 9, not: [7] }).text).toBe(
      'input_tokens is not 7 and is over 5 and is at most 9',
    )
  })
})

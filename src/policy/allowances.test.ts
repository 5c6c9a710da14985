import { describe, expect, test } from 'vitest'
import { isToolAllowed } from './allowances.ts'
import { NO_SIGNALS } from './call-facts.ts'
import type { TaskPolicy } from './policy-input.ts'
import { type Ask, ids, refusal, run, task, type World } from './routing-world.contract.ts'

const signals = {
  ...NO_SIGNALS,
  tools: () => [
    { name: 'lookup', path: 'tools[0].function.name' },
    { name: 'delete_account', path: 'tools[1].function.name' },
  ],
  responseMode: () => 'json' as const,
}
const ask: Ask = { model: 't', signals }

function world(change: Partial<TaskPolicy> = {}, tenant: World['tenant'] = {}): World {
  return { tasks: [task('t', change)], tenant }
}

describe('tools', () => {
  test('that are not allowed are refused with their place, whoever does not allow them', () => {
    for (const where of [world({ allowedTools: ['lookup'] }), world({}, { allowedTools: ['look*'] })]) {
      expect(refusal(ask, where)).toMatchObject({
        code: 'tool_not_allowed',
        status: 403,
        param: 'tools[1].function.name',
        details: { tool: 'delete_account' },
      })
    }
  })

  test('are allowed when both task and plan allow them, or have no say', () => {
    expect(ids(run(ask, world()))).toHaveLength(2)
    const both = world({ allowedTools: ['*'] }, { allowedTools: ['lookup', 'delete_account'] })
    expect(ids(run(ask, both))).toHaveLength(2)
    expect(refusal(ask, world({ allowedTools: [] }, { allowedTools: ['*'] })).code).toBe('tool_not_allowed')
  })

  test('are covered by their name, by its beginning, or by *', () => {
    expect(['read', 'read_all', 'reader', 'write'].map((name) => isToolAllowed(name, ['read', 'read_*']))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(isToolAllowed('anything', ['*'])).toBe(true)
    expect(isToolAllowed('anything', [])).toBe(false)
  })

  test('are not looked at while nobody limits them', () => {
    const careless = {
      ...NO_SIGNALS,
      tools: () => {
        throw new Error('looked at')
      },
    }
    expect(ids(run({ model: 't', signals: careless }, world()))).toHaveLength(2)
  })
})

test('a way of answering that is not allowed is refused, and says which are', () => {
  expect(refusal(ask, world({}, { allowedResponseModes: ['text'] }))).toMatchObject({
    code: 'permission_denied',
    param: 'response_format',
    details: { response_mode: 'json', allowed_response_modes: ['text'] },
  })
  expect(ids(run(ask, world({ allowedResponseModes: ['json', 'text'] })))).toHaveLength(2)
})

test('a task that makes every answer JSON counts as asking for it', () => {
  const where = world({ responseFormat: 'json' }, { allowedResponseModes: ['json'] })
  expect(ids(run({ model: 't', signals: NO_SIGNALS }, where))).toHaveLength(2)
  expect(refusal({ model: 't', signals: NO_SIGNALS }, world({}, { allowedResponseModes: ['json'] })).code).toBe(
    'permission_denied',
  )
})

test('the longest prompt is the shorter of what task and plan allow', () => {
  const prompt = { textBytes: 4_500, images: 0 }
  const error = refusal({ model: 't', prompt }, world({ maxInputTokens: 500 }, { maxInputTokens: 2_000 }))
  expect([error.code, error.message]).toEqual([
    'context_length_exceeded',
    'The prompt has about 1000 tokens; the task t allows 500. Shorten it.',
  ])
  expect(refusal({ model: 't', prompt }, world({ maxInputTokens: 2_000 }, { maxInputTokens: 500 })).message).toContain(
    "this tenant's plan allows 500",
  )
  expect(ids(run({ model: 't', prompt }, world({ maxInputTokens: 1_000 })))).toHaveLength(2)
})

test('a task may ask for the version of the prompt', () => {
  const where = world({ promptVersion: 'required' })
  expect(refusal({ model: 't' }, where)).toMatchObject({
    code: 'metadata_missing',
    status: 400,
    details: { missing: ['prompt_version'] },
  })
  expect(ids(run({ model: 't', context: { promptVersion: 'v7' } }, where))).toHaveLength(2)
  expect(ids(run({ model: 'large' }, where))).toHaveLength(2)
})

test('a rule may allow less, or more, than its task', () => {
  const rules = [{ conditions: new Map([['risk', { anyOf: ['admin'] }]] as const), change: { allowedTools: ['*'] } }]
  const where = world({ allowedTools: ['lookup'], rules })
  expect(refusal(ask, where).code).toBe('tool_not_allowed')
  expect(ids(run({ ...ask, context: { risk: 'admin' } }, where))).toHaveLength(2)
})

import { describe, expect, test } from 'vitest'
import { isResponsesOnly } from './responses-only.ts'

describe('models that are called in Responses alone', () => {
  test.each([
    'o1-pro',
    'o1-pro-2025-03-19',
    'o3-pro',
    'gpt-5-pro',
    'gpt-5.2-pro-2025-12-11',
    'gpt-5.5-pro',
    'gpt-5-codex',
    'gpt-5.1-codex-max',
    'gpt-5.3-codex',
    'codex-mini-latest',
    'o3-deep-research-2025-06-26',
    'o4-mini-deep-research',
    'computer-use-preview',
  ])('%s', (model) => {
    expect(isResponsesOnly(model, 'openai')).toBe(true)
    expect(isResponsesOnly(model, 'azure-openai')).toBe(true)
    expect(isResponsesOnly(`openai/${model}`, 'openrouter')).toBe(false)
  })

  test.each([
    'o1',
    'o3',
    'o3-mini',
    'o4-mini',
    'gpt-4o',
    'gpt-5',
    'gpt-5.4-mini',
    'gpt-5-project',
    'my-gpt-5-pro',
    'gpt-6',
  ])('not %s', (model) => {
    expect(isResponsesOnly(model, 'openai')).toBe(false)
  })
})

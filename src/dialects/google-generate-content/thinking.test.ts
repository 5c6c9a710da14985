import { describe, expect, it } from 'vitest'
import type { ReasoningRequest } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { googleGenerateContent as gemini } from './index.ts'

const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }] }] as const

function asked(reasoning: ReasoningRequest, model: string) {
  const { body, dropped } = gemini.encodeRequest({ model, messages, reasoning, stream: false }, { model, quirks: {} })
  const config = (body.generationConfig ?? {}) as { thinkingConfig?: JsonObject }
  return { thinking: config.thinkingConfig, dropped }
}

describe('thinking that a caller of another format asks for', () => {
  it.each([
    ['gemini-3-flash-preview', { effort: 'minimal' }, { thinkingLevel: 'MINIMAL', includeThoughts: true }, []],
    ['gemini-3-flash-preview', { effort: 'none' }, { thinkingLevel: 'MINIMAL' }, ['reasoning_effort']],
    ['gemini-3.8-flash', { effort: 'minimal' }, { thinkingLevel: 'LOW', includeThoughts: true }, ['reasoning_effort']],
    ['gemini-3.5-flash-lite', { effort: 'minimal' }, { thinkingLevel: 'MINIMAL', includeThoughts: true }, []],
    [
      'gemini-3-pro-preview',
      { effort: 'medium' },
      { thinkingLevel: 'HIGH', includeThoughts: true },
      ['reasoning_effort'],
    ],
    ['gemini-3.1-pro-preview', { effort: 'medium' }, { thinkingLevel: 'MEDIUM', includeThoughts: true }, []],
    [
      'gemini-3.1-pro-preview',
      { effort: 'max' },
      { thinkingLevel: 'HIGH', includeThoughts: true },
      ['reasoning_effort'],
    ],
    ['gemini-flash-latest', { effort: 'high' }, { thinkingLevel: 'HIGH', includeThoughts: true }, []],
    [
      'gemini-3.8-flash',
      { budgetTokens: 2000 },
      { thinkingLevel: 'LOW', includeThoughts: true },
      ['thinking.budget_tokens'],
    ],
    ['gemini-3.8-flash', {}, { includeThoughts: true }, []],
    ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }, []],
    ['gemini-2.5-pro', { effort: 'none' }, { thinkingBudget: 128 }, ['reasoning_effort']],
    ['gemini-2.5-flash', { effort: 'low' }, { thinkingBudget: 1024, includeThoughts: true }, []],
    ['gemini-2.5-flash', { effort: 'max' }, { thinkingBudget: 24_576, includeThoughts: true }, []],
    [
      'gemini-2.5-flash-lite',
      { budgetTokens: 100 },
      { thinkingBudget: 512, includeThoughts: true },
      ['thinking.budget_tokens'],
    ],
    ['gemini-2.5-flash', {}, { thinkingBudget: -1, includeThoughts: true }, []],
    ['gemini-2.0-flash', { effort: 'low' }, undefined, ['reasoning_effort']],
    ['gemini-2.0-flash', { effort: 'none' }, undefined, []],
  ] as const)('of %s, %j, is what that model takes', (model, reasoning, thinking, dropped) => {
    expect(asked(reasoning, model)).toEqual({ thinking, dropped })
  })
})

describe('thinking that a caller of this format asks for', () => {
  const through = (thinkingConfig: JsonObject, model: string, more: JsonObject = {}) => {
    const body = { contents: [{ parts: [{ text: 'Hi.' }] }], generationConfig: { thinkingConfig, ...more } }
    const request = gemini.decodeRequest(body, { model, stream: false })
    const written = gemini.encodeRequest(request, { model, quirks: {} }).body.generationConfig as JsonObject
    return { reasoning: request.reasoning, thinking: written.thinkingConfig }
  }

  it('shows thoughts only when that is said', () => {
    const level = { thinkingLevel: 'LOW' }
    expect(through(level, 'gemini-3-flash-preview').thinking).toEqual(level)
    const shown = { ...level, includeThoughts: true }
    expect(through(shown, 'gemini-3-flash-preview').thinking).toEqual(shown)
    expect(through(shown, 'gemini-3-flash-preview', { mediaResolution: 'LOW' }).thinking).toEqual(shown)
    expect(through({ includeThoughts: true }, 'gemini-3-flash-preview').thinking).toEqual({ includeThoughts: true })
  })

  it('is a budget or a level to others', () => {
    expect(through({ thinkingBudget: 500 }, 'gemini-2.5-flash').reasoning).toEqual({ budgetTokens: 500 })
    expect(through({ thinkingBudget: 0 }, 'gemini-2.5-flash').reasoning).toEqual({ effort: 'none' })
    expect(through({ thinkingBudget: -1 }, 'gemini-2.5-flash').reasoning).toEqual({})
    expect(through({ thinkingLevel: 'minimal' }, 'gemini-3-flash-preview').reasoning).toEqual({ effort: 'minimal' })
  })
})

import { describe, expect, it } from 'vitest'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeRequest, encodeRequest } from './request.ts'

const OLD = 'claude-sonnet-4-5-20250929'
const MIDDLE = 'claude-opus-4-6'
const NEW = 'claude-opus-4-8'
const USER: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }

function encode(model: string, request: Partial<CanonicalRequest>) {
  const { body, dropped } = encodeRequest({ model, stream: false, messages: [USER], ...request }, { model, quirks: {} })
  return {
    thinking: body.thinking,
    effort: (body.output_config as JsonObject | undefined)?.effort,
    max: body.max_tokens,
    dropped,
  }
}

const withCall = (first: Message['content']): Message[] => [
  USER,
  { role: 'assistant', content: [...first, { type: 'tool-call', id: 'a', name: 'look', arguments: '{}' }] },
  { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a', content: [] }] },
]

describe('asking for thinking', () => {
  it.each([
    ['minimal', 1024],
    ['low', 2000],
    ['medium', 5000],
    ['high', 8000],
    ['max', 9500],
  ] as const)('gives the effort %s a share of the cap as its budget', (effort, budget) => {
    const asked = encode(OLD, { reasoning: { effort }, maxOutputTokens: 10_000 })
    expect(asked).toEqual({
      thinking: { type: 'enabled', budget_tokens: budget },
      effort: undefined,
      max: 10_000,
      dropped: [],
    })
  })

  it('never raises the cap: a budget that does not fit shrinks, or thinking is left out', () => {
    expect(encode(OLD, { reasoning: { budgetTokens: 8000 }, maxOutputTokens: 2000 })).toMatchObject({
      thinking: { budget_tokens: 1999 },
      max: 2000,
      dropped: ['thinking.budget_tokens'],
    })
    expect(encode(OLD, { reasoning: { budgetTokens: 8000 }, maxOutputTokens: 1000 })).toMatchObject({
      thinking: undefined,
      max: 1000,
      dropped: ['thinking'],
    })
    expect(encode(OLD, { reasoning: { effort: 'high' }, maxOutputTokens: 1000 })).toMatchObject({
      thinking: undefined,
      dropped: ['reasoning_effort'],
    })
  })

  it('asks newer models by effort', () => {
    expect(encode(NEW, { reasoning: { effort: 'xhigh' } })).toMatchObject({
      thinking: { type: 'adaptive' },
      effort: 'xhigh',
      dropped: [],
    })
    expect(encode(NEW, { reasoning: { budgetTokens: 2000 } })).toMatchObject({
      thinking: { type: 'adaptive' },
      effort: 'low',
      dropped: ['thinking.budget_tokens'],
    })
    expect(encode(MIDDLE, { reasoning: { effort: 'xhigh' } })).toMatchObject({
      thinking: { type: 'adaptive' },
      effort: 'high',
      dropped: ['reasoning_effort'],
    })
    expect(encode(MIDDLE, { reasoning: { budgetTokens: 2000 } })).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 2000 },
      dropped: [],
    })
  })

  it.each([
    [OLD, undefined, []],
    ['claude-sonnet-5', { type: 'disabled' }, []],
    ['glm-4.6', { type: 'disabled' }, []],
    ['claude-fable-5', undefined, ['reasoning_effort']],
  ])('switches thinking off on %s', (model, thinking, dropped) => {
    expect(encode(model, { reasoning: { effort: 'none' } })).toMatchObject({ thinking, dropped })
  })

  it('leaves a budget out where the conversation or the tools exclude it', () => {
    const ask = { reasoning: { effort: 'high' } as const, maxOutputTokens: 10_000 }
    const tools = { tools: [{ type: 'function', name: 'look' } as const], toolChoice: { type: 'required' } as const }
    const signed = { type: 'reasoning', text: 't', signature: 's', origin: 'anthropic-messages' } as const
    const begun: Message[] = [USER, { role: 'assistant', content: [{ type: 'text', text: '{' }] }]
    expect(encode(OLD, { ...ask, ...tools })).toMatchObject({ thinking: undefined, dropped: ['reasoning_effort'] })
    expect(encode(OLD, { ...ask, messages: begun })).toMatchObject({
      thinking: undefined,
      dropped: ['reasoning_effort'],
    })
    expect(encode(OLD, { ...ask, messages: withCall([]) })).toMatchObject({
      thinking: undefined,
      dropped: ['reasoning_effort'],
    })
    expect(encode(OLD, { ...ask, messages: withCall([signed]) })).toMatchObject({
      thinking: { type: 'enabled' },
      dropped: [],
    })
    expect(encode(NEW, { ...ask, messages: withCall([]) })).toMatchObject({
      thinking: { type: 'adaptive' },
      dropped: [],
    })
  })

  it.each<[string, JsonObject]>([
    [OLD, { thinking: { type: 'enabled', budget_tokens: 2000 } }],
    [
      NEW,
      {
        thinking: { type: 'adaptive', display: 'summarized' },
        output_config: { effort: 'max', task_budget: { total: 1 } },
      },
    ],
    [NEW, { thinking: { type: 'adaptive' } }],
    [NEW, { thinking: { type: 'between_tools' } }],
    [NEW, { output_config: { effort: 'medium' } }],
    ['claude-sonnet-5', { thinking: { type: 'disabled' } }],
  ])('gives a caller of this format back what was written: %s %j', (model, fields) => {
    const body = { model, max_tokens: 4000, messages: [{ role: 'user', content: 'Hi' }], ...fields }
    const { body: again, dropped } = encodeRequest(decodeRequest(body), { model, quirks: {} })
    expect(again).toEqual(body)
    expect(dropped).toEqual([])
  })
})

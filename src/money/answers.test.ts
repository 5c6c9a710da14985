import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Deployment } from '../providers/deployment.ts'
import { createAnswerLengths } from './answer-length.ts'
import { type AnswerAsk, createAnswers } from './answers.ts'
import { createOutputSizes, outputTokensOf } from './output-size.ts'
import { firstTranche, shortTranche, TrancheSteps } from './tranche.ts'
import { hidesOutput } from './unseen-output.ts'

function ask(model: string, change: Partial<AnswerAsk> = {}, abortStopsBilling = true): AnswerAsk {
  const deployment = { model, endpoint: { abortStopsBilling } } as Deployment
  return { deployment, task: null, tools: false, reasoning: false, answers: 1, ...change }
}

describe('the expected length of an answer', () => {
  it('is a little more than the first one that was seen, and known to other tasks until they have their own', () => {
    const lengths = createAnswerLengths()
    expect(lengths.expected('m', 'sum')).toBeNull()
    lengths.learn('m', 'sum', 200)
    expect(lengths.expected('m', 'sum')).toBe(220)
    expect(lengths.expected('m', 'chat')).toBe(220)
    lengths.learn('m', 'chat', 1000)
    expect(lengths.expected('m', 'sum')).toBe(220)
    expect(lengths.expected('other', 'sum')).toBeNull()
  })

  it('covers two of three of the last answers, whatever they were, and is never much more than the longest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 80 }), (all) => {
        const lengths = createAnswerLengths()
        for (const tokens of all) lengths.learn('m', null, tokens)
        const last = all.slice(-32)
        const expected = lengths.expected('m', null) ?? 0
        expect(last.filter((tokens) => tokens <= expected).length).toBeGreaterThanOrEqual(
          Math.ceil((last.length * 2) / 3),
        )
        expect(expected).toBeLessThanOrEqual(Math.max(...last) * 1.1 + 1)
      }),
    )
  })

  it('forgets what was not used for longest', () => {
    const lengths = createAnswerLengths({ capacity: 2 })
    for (const model of ['a', 'b', 'c']) lengths.learn(model, null, 10)
    expect(['a', 'b', 'c'].map((model) => lengths.expected(model, null))).toEqual([null, 11, 11])
  })
})

describe('the size of what was seen', () => {
  it('is never less than its events, and tool calls have tokens that nobody sees', () => {
    expect(outputTokensOf({ events: 10, bytes: 12, toolCalls: 0 }, 4)).toBe(10)
    expect(outputTokensOf({ events: 1, bytes: 401, toolCalls: 0 }, 4)).toBe(101)
    // Recorded: Claude bills 137 tokens for two calls with 101 bytes of arguments.
    expect(outputTokensOf({ events: 10, bytes: 101, toolCalls: 2 }, 4)).toBeGreaterThan(120)
  })

  it('believes the first long answer, follows a denser one far and a lighter one a little', () => {
    const sizes = createOutputSizes()
    expect(sizes.bytesPerToken('m', false).upper).toBe(3)
    sizes.learn('m', false, { events: 9, bytes: 100, toolCalls: 0 }, 25)
    expect(sizes.bytesPerToken('m', false).upper).toBe(3)
    sizes.learn('m', false, { events: 9, bytes: 1000, toolCalls: 0 }, 250)
    expect(sizes.bytesPerToken('m', false).upper).toBe(4)
    sizes.learn('m', false, { events: 9, bytes: 1000, toolCalls: 0 }, 500)
    const dense = sizes.bytesPerToken('m', false).upper
    expect(dense).toBeLessThan(3)
    sizes.learn('m', false, { events: 9, bytes: 1000, toolCalls: 0 }, 200)
    expect(sizes.bytesPerToken('m', false).upper).toBeLessThan(dense + 0.5)
    expect(sizes.bytesPerToken('m', true).upper).toBe(2)
  })

  it('learns that a model bills much more than it shows, and forgets it when that is over', () => {
    const sizes = createOutputSizes()
    const shown = { events: 50, bytes: 300, toolCalls: 0 }
    sizes.learn('m', false, shown, 600)
    expect(sizes.thinksUnseen('m')).toBe(true)
    // What was hidden says nothing about the density of the text.
    expect(sizes.bytesPerToken('m', false).upper).toBe(3)
    for (let answer = 0; answer < 60; answer += 1) sizes.learn('m', false, shown, 80)
    expect(sizes.thinksUnseen('m')).toBe(false)
  })
})

test.each([
  ['o3-mini', false, true],
  ['o4-mini-2025-04-16', false, true],
  ['openai/gpt-5', false, true],
  ['gpt-5.1-mini', false, true],
  ['gpt-5-chat-latest', false, false],
  ['gpt-4o', false, false],
  ['gpt-4o-audio-preview', false, true],
  ['gpt-oss-120b', false, false],
  ['deepseek-reasoner', false, true],
  ['deepseek-chat', false, false],
  ['google/gemini-2.5-flash', false, true],
  ['gemini-3-pro-preview', false, true],
  ['gemini-2.0-flash', false, false],
  ['grok-4', false, true],
  ['grok-4-1-fast-non-reasoning', false, false],
  ['grok-3', false, false],
  ['qwen3-235b-a22b-thinking-2507', false, true],
  ['magistral-medium-latest', false, true],
  ['claude-sonnet-4-5', false, false],
  ['claude-sonnet-4-5', true, true],
  ['claude-3-7-sonnet-latest', true, false],
])('%s, asked to reason: %s, hides a part of its output: %s', (model, reasoning, hides) => {
  expect(hidesOutput(model, reasoning)).toBe(hides)
})

describe('a stream can be metered', () => {
  it('when all of it is seen and hanging up ends the bill', () => {
    const { canBeMetered } = createAnswers()
    expect(canBeMetered(ask('gpt-4o'))).toBe(true)
    expect(canBeMetered(ask('o3'))).toBe(false)
    expect(canBeMetered(ask('gpt-4o', { answers: 2 }))).toBe(false)
    expect(canBeMetered(ask('gpt-4o', {}, false))).toBe(false)
  })

  it('and small events of a host that sends tokens one by one are tokens, until it was learned how large those are', () => {
    const answers = createAnswers()
    const [host] = [ask('m').deployment]
    const deployment = { ...host, dialects: ['openai-chat' as const] }
    const anthropic = { ...host, dialects: ['anthropic-messages' as const] }
    expect(answers.scale(deployment, false)).toEqual({ upper: 3, fair: 4.75, learned: false, singles: true })
    expect(answers.scale(deployment, true)).toEqual({ upper: 2, fair: 3, learned: false, singles: false })
    expect(answers.scale(anthropic, false).singles).toBe(false)
    answers.learn({ deployment, task: null, tools: false }, { events: 90, bytes: 400, toolCalls: 0, tokens: 100 })
    expect(answers.scale(deployment, false)).toEqual({ upper: 4, fair: 4, learned: true, singles: false })
  })

  it('until its model was seen to think unseen', () => {
    const answers = createAnswers()
    answers.learn(ask('new'), { events: 10, bytes: 60, toolCalls: 0, tokens: 1000 })
    expect(answers.canBeMetered(ask('new'))).toBe(false)
    expect(answers.expected(ask('new').deployment, null)).toBe(1100)
  })

  it('and one that was cut early says nothing, one that was cut late makes the next one hold more', () => {
    const answers = createAnswers()
    const { deployment } = ask('gpt-4o')
    expect(answers.expected(deployment, null)).toBe(1024)
    answers.learn(ask('gpt-4o'), { events: 100, bytes: 0, toolCalls: 0, tokens: null })
    expect(answers.expected(deployment, null)).toBe(1024)
    answers.learn(ask('gpt-4o'), { events: 1000, bytes: 0, toolCalls: 0, tokens: null })
    expect(answers.expected(deployment, null)).toBe(2200)
    expect(answers.expected(ask('o3').deployment, null)).toBe(2048)
  })
})

describe('tranches', () => {
  it('a small cap, or one near what is expected, is held whole', () => {
    expect(firstTranche(10, 32)).toBe(32)
    expect(firstTranche(66, 100)).toBe(66)
    expect(firstTranche(1000, 1150)).toBe(1150)
    expect(firstTranche(1000, 1500)).toBe(1000)
    expect(firstTranche(1000, 64_000)).toBe(1000)
    expect(firstTranche(3, 64_000)).toBe(16)
  })

  it('a short beginning is a quarter, and not much', () => {
    expect([1000, 100, 30, 16, 8].map((tokens) => shortTranche(tokens, false))).toEqual([128, 25, 16, 16, 8])
  })

  it('while others share the money it is half of what is expected', () => {
    expect([1000, 100, 30, 16, 8].map((tokens) => shortTranche(tokens, true))).toEqual([500, 50, 16, 16, 8])
  })

  it('more is asked for in doubles, and in halves after a refusal', () => {
    const steps = new TrancheSteps(100)
    expect(steps.next).toBe(50)
    steps.granted()
    expect(steps.next).toBe(100)
    steps.refused()
    steps.refused()
    expect(steps.next).toBe(25)
    for (let turn = 0; turn < 9; turn += 1) steps.refused()
    expect(steps.next).toBe(16)
  })
})

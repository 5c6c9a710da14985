import { describe, expect, test } from 'vitest'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { ruleOfThumb } from './heuristic.ts'

function ask(text: string, more: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return { model: 'm', stream: false, messages: [{ role: 'user', content: [{ type: 'text', text }] }], ...more }
}

describe('the rule of thumb for complexity', () => {
  test.each([
    'Hi.',
    'Classify this e-mail as spam or not: you have won a prize!',
    'Translate to French: good morning',
    'What is the capital of Portugal?',
    'Summarize this in one sentence: the meeting was moved to Tuesday.',
  ])('%s is simple', (text) => {
    expect(ruleOfThumb(ask(text)).label).toBe('simple')
  })

  test.each([
    'Prove that the algorithm terminates, then analyze its worst case step by step and compare it with quicksort.',
    'Design a multi-step migration strategy for our billing database:\n1. dual writes\n2. backfill\n3. cut over\nWhat are the trade-offs? Which failure comes first? How do we debug it?',
    '```ts\nfunction f() {}\n```\nRefactor this, explain why it deadlocks, find the root cause and implement a fix.',
  ])('%s is complex', (text) => {
    expect(ruleOfThumb(ask(text)).label).toBe('complex')
  })

  test('the score is between 0 and 1 and grows with the work', () => {
    const scores = ['Hi.', 'Compare A and B.', 'Compare A and B, prove it, and plan the next steps.'].map(
      (text) => ruleOfThumb(ask(text)).score,
    )
    expect(scores).toEqual(scores.toSorted((one, other) => one - other))
    for (const score of scores) expect(score).toBeGreaterThanOrEqual(0)
    for (const score of scores) expect(score).toBeLessThan(1)
  })

  test('tools, thinking and a long conversation make a call harder', () => {
    const plain = ruleOfThumb(ask('Go on.')).score
    const tools = Array.from({ length: 8 }, (_, index) => ({ type: 'function' as const, name: `t${index}` }))
    expect(ruleOfThumb(ask('Go on.', { tools })).score).toBeGreaterThan(plain)
    expect(ruleOfThumb(ask('Go on.', { reasoning: { effort: 'high' } })).score).toBeGreaterThan(plain)
    const turn = { role: 'user', content: [{ type: 'text', text: 'Go on.' }] } as const
    expect(ruleOfThumb(ask('', { messages: Array(9).fill(turn) })).score).toBeGreaterThan(plain)
  })

  test('only the end of a very long text is read, so that it takes no time', () => {
    const long = `${'prove it. '.repeat(200_000)}${' '.repeat(7_000)}Translate to French: hi`
    expect(ruleOfThumb(ask(long)).score).toBeLessThan(ruleOfThumb(ask('prove it. prove it.')).score + 0.2)
    expect(ruleOfThumb({ ...ask(''), messages: [] }).label).toBe('simple')
  })
})

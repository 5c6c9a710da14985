import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../canonical/request.ts'
import { type Answers, createAnswers } from '../money/answers.ts'
import { first, pricing, run } from '../policy/routing-world.contract.ts'
import { amountsOf, firstHold, type HoldAsk, type HoldPlan, holdPlan, shortPlan } from './hold-plan.ts'

/** A call of a model, and what is known of answers. A token of a prompt costs 1, of an answer 10. */
function ask(change: Partial<CanonicalRequest>, model = 'openai/roomy', answers: Answers = createAnswers()): HoldAsk {
  const request = { model, stream: true, messages: [], ...change } as unknown as CanonicalRequest
  const { maxOutputTokens, choices } = request
  const decision = run({
    model,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(choices === undefined ? {} : { choices }),
  })
  return { request, decision, answers, pricing }
}

/** What the first candidate holds at first, in output tokens. */
function tokensHeld(asked: HoldAsk): number {
  const plan = holdPlan(asked)
  return firstHold(first(plan.decision), plan).outputTokens
}

describe('what a call holds at first', () => {
  it('is the expected answer for a stream, at what that can cost', () => {
    const asked = ask({})
    expect(first(asked.decision).maxOutputTokens).toBe(16_384)
    expect(tokensHeld(asked)).toBe(1024)
    const { usd, tokens, requests } = amountsOf(holdPlan(asked))
    expect({ usd, tokens, requests }).toEqual({
      usd: 20n + 10_240n,
      tokens: 1044_000_000_000n,
      requests: 1_000_000_000n,
    })
  })

  it('is what was learned for the model and the task', () => {
    const answers = createAnswers()
    const [{ deployment }] = ask({}).decision.candidates
    answers.learn({ deployment, task: null, tools: false }, { events: 0, bytes: 2000, toolCalls: 0, tokens: 500 })
    expect(tokensHeld(ask({}, 'openai/roomy', answers))).toBe(550)
  })

  it.each<[string, Partial<CanonicalRequest>]>([
    ['an answer in one piece', { stream: false }],
    ['several answers', { choices: 2 }],
    ['a small cap', { maxOutputTokens: 30 }],
    ['a cap near what is expected', { maxOutputTokens: 1150 }],
  ])('is the whole cap for %s', (_, change) => {
    const asked = ask(change)
    expect(tokensHeld(asked)).toBe(first(asked.decision).maxOutputTokens * asked.decision.answers)
    expect(amountsOf(holdPlan(asked)).usd).toBe(first(asked.decision).worstCase)
  })

  it('is the whole cap for a model that was seen to think unseen', () => {
    const answers = createAnswers()
    const [{ deployment }] = ask({}).decision.candidates
    answers.learn({ deployment, task: null, tools: false }, { events: 9, bytes: 40, toolCalls: 0, tokens: 4000 })
    expect(tokensHeld(ask({}, 'openai/roomy', answers))).toBe(16_384)
  })

  it('is, of several candidates, the most of each', () => {
    const asked = ask({ maxOutputTokens: 20_000 }, 'large')
    const [one, other] = asked.decision.candidates
    const plan = holdPlan(asked)
    expect([one, other].map((each) => each && firstHold(each, plan).outputTokens)).toEqual([1024, 1024])
    const mixed = { ...plan, metered: new Map([...plan.metered].slice(0, 1)) }
    expect(amountsOf(mixed).usd).toBe(20n + 200_000n)
  })
})

describe('what it holds when that was too much', () => {
  const shortOf = (asked: HoldAsk, shared = false) => shortPlan(holdPlan(asked), asked, shared)
  const tokensOf = (plan: HoldPlan | null) => [...(plan?.metered.values() ?? [])].map((hold) => hold.outputTokens)

  it('is a shorter beginning of the same stream', () => {
    const asked = ask({})
    const plan = shortOf(asked)
    expect(tokensOf(plan)).toEqual([128])
    expect(plan?.decision).toBe(asked.decision)
  })

  it('is half of what is expected while others hold of the same money', () => {
    expect(tokensOf(shortOf(ask({}), true))).toEqual([512])
  })

  it('is a shorter answer in one piece, where nobody asked for one that long', () => {
    const answers = createAnswers()
    const short = (asked: HoldAsk) => shortOf(asked)?.decision.candidates[0].maxOutputTokens
    expect(short(ask({ stream: false }))).toBe(3 * 1024)
    expect(short(ask({ stream: false, maxOutputTokens: 9_000 }))).toBeUndefined()
    const { decision } = ask({})
    answers.learn(
      { deployment: decision.candidates[0].deployment, task: null, tools: false },
      { events: 0, bytes: 80, toolCalls: 0, tokens: 20 },
    )
    expect(short(ask({ stream: false }, 'openai/roomy', answers))).toBe(512)
  })

  it('is nothing for a call that holds as little as it can', () => {
    expect(shortOf(ask({ maxOutputTokens: 30 }))).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { passOverFirst } from './pass-over.ts'
import { run } from './routing-world.contract.ts'

describe('a decision whose first candidate cannot be paid for', () => {
  it('goes on with the next one, and says why', () => {
    const decision = run({ model: 'large' })
    const [first, second] = decision.candidates
    const others = passOverFirst(decision, 'over_model_budget', 'Model m has spent its budget')
    expect(others?.candidates).toEqual(decision.candidates.slice(1))
    const skipped = { ...others?.skipped.at(-1) }
    expect(skipped).toMatchObject({
      deployment: first.deployment,
      reason: 'over_model_budget',
      detail: 'Model m has spent its budget',
    })
    expect(others?.considered.map((one) => 'reason' in one)).toEqual([
      true,
      ...decision.considered.slice(1).map(() => false),
    ])
    expect(others?.estimate).toEqual({
      inputTokens: second?.inputTokens,
      outputTokens: second?.maxOutputTokens,
      cost: second?.worstCase,
    })
  })

  it('is at its end when there is no other', () => {
    expect(passOverFirst(run({ model: 'openai/gpt-4o' }), 'over_model_budget', '')).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { passOver, passOverFirst } from './pass-over.ts'
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

describe('a decision of which a candidate could not be called', () => {
  it('says so, wherever it stood, and keeps the order of the others', () => {
    const decision = run({ model: 'large' })
    const [first, second] = decision.candidates
    const later = passOver(decision, second?.deployment ?? first.deployment, 'circuit_open', 'it failed lately')
    expect(later.candidates).toEqual([first])
    expect(later.skipped.at(-1)).toMatchObject({ deployment: second?.deployment, reason: 'circuit_open' })
    expect(later.estimate).toEqual(decision.estimate)
  })

  it('keeps the last one, with the reason', () => {
    const decision = run({ model: 'openai/gpt-4o' })
    const [{ deployment }] = decision.candidates
    const passed = passOver(decision, deployment, 'circuit_open', 'it failed lately')
    expect(passed.candidates).toEqual(decision.candidates)
    expect(passed.considered).toMatchObject([{ reason: 'circuit_open' }])
  })
})

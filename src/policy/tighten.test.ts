import { describe, expect, it } from 'vitest'
import { pricing, run } from './routing-world.contract.ts'
import { tighten } from './tighten.ts'

describe('a decision when money is short', () => {
  it('shrinks the answers whose length nobody asked for, and what they can cost', () => {
    const decision = run({ model: 'openai/roomy' })
    const tight = tighten(decision, pricing, () => 4096)
    expect(decision.candidates[0].maxOutputTokens).toBe(16_384)
    expect(tight?.candidates[0].maxOutputTokens).toBe(4096)
    expect(tight?.candidates[0].worstCase).toBeLessThan(decision.candidates[0].worstCase)
    expect(tight?.estimate.cost).toBe(tight?.candidates[0].worstCase)
  })

  it('leaves alone what the caller asked for', () => {
    expect(tighten(run({ model: 'openai/roomy', maxOutputTokens: 6000 }), pricing, () => 4096)).toBeNull()
  })

  it('leaves alone the candidates that need no less, and those that are short already', () => {
    const decision = run({ model: 'large' })
    const [first, second] = decision.candidates
    expect(tighten(decision, pricing, () => null)).toBeNull()
    expect(tighten(decision, pricing, () => 4096)).toBeNull()
    const tight = tighten(decision, pricing, ({ deployment }) => (deployment === first.deployment ? null : 100))
    expect(tight?.candidates.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([4096, 100])
    expect(tight?.candidates[0]).toBe(first)
    expect(second?.maxOutputTokens).toBe(4096)
  })

  it('leaves room for the reasoning that was asked for', () => {
    expect(run({ model: 'openai/gpt-4o', reasoningTokens: 8000 }).candidates[0].maxOutputTokens).toBe(12_096)
  })

  it('never asks an unknown model for more than every model can give', () => {
    expect(run({ model: 'openai/gpt-4o' }).candidates[0].maxOutputTokens).toBe(4096)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GatewayError } from '../errors/gateway-error.ts'
import { first, ids, refusal, run, task, UNHEARD_OF } from './routing-world.contract.ts'

describe('what excludes a deployment', () => {
  test('an unknown price: the next one takes over, and when it was all, the error says so', () => {
    const decision = run({ model: 'x' }, { tasks: [task('x', { default: 'dark', fallback: ['small'] })] })
    expect(first(decision).deployment.id).toBe('openai/gpt-4o-mini')
    expect(decision.skipped).toMatchObject([{ deployment: { id: 'openai/unpriced' }, reason: 'price_unknown' }])
    expect(refusal({ model: 'dark' })).toMatchObject({ code: 'price_unknown', status: 403 })
  })

  test('a service tier of unknown price, where it would be asked for', () => {
    const extras = { serviceTier: UNHEARD_OF, toolUses: { webSearches: 1 } }
    const error = refusal({ model: 'large', asks: () => extras })
    expect(error).toMatchObject({ code: 'price_unknown', status: 403 })
    expect(error.message).toContain(`the service tier "${UNHEARD_OF}" and tools that the provider runs`)
    const elsewhere = run({ model: 'large', asks: ({ endpoint }) => (endpoint.provider === 'openai' ? extras : null) })
    expect(ids(elsewhere)).toEqual(['anthropic/claude'])
  })

  test('what tools may bring into the prompt is part of its worst case', () => {
    const plain = first(run({ model: 'small' }))
    const asks = () => ({ toolTokens: 10_000 })
    expect(first(run({ model: 'small', asks })).worstCase).toBe(plain.worstCase + 10_000n)
  })

  test('a prompt that cannot fit the window; alone it is context_length_exceeded', () => {
    const prompt = { textBytes: 4_500, images: 0 }
    const decision = run({ model: 'x', prompt }, { tasks: [task('x', { default: 'tiny', fallback: ['small'] })] })
    expect(decision.skipped).toMatchObject([{ reason: 'prompt_too_long' }])
    expect(refusal({ model: 'tiny', prompt }).code).toBe('context_length_exceeded')
    expect(ids(run({ model: 'tiny', prompt: { textBytes: 4_428, images: 0 } }))).toEqual(['vllm/tiny'])
  })

  test('several answers are asked only of upstreams that give several', () => {
    const decision = run({ model: 'large', choices: 3, maxOutputTokens: 10 })
    expect(ids(decision)).toEqual(['openai/gpt-4o'])
    expect(decision.skipped).toMatchObject([{ reason: 'capability_missing' }])
    expect(first(decision).worstCase).toBe(20n + 10n * 30n)
  })

  test('what a model cannot do and the call needs, by name', () => {
    const needs = ['images', 'tools'] as const
    const decision = run({ model: 'x', needs }, { tasks: [task('x', { default: 'blind', fallback: ['small'] })] })
    expect(first(decision).deployment.id).toBe('openai/gpt-4o-mini')
    expect(decision.skipped).toMatchObject([
      { reason: 'capability_missing', detail: 'cannot do what the call needs: images' },
    ])
    expect(ids(run({ model: 'blind', needs: ['tools'] }))).toEqual(['vllm/blind'])
  })

  test('different reasons together are no_eligible_model, with each reason listed', () => {
    const error = refusal(
      { model: 'x', prompt: { textBytes: 4_500, images: 0 } },
      { tasks: [task('x', { default: 'tiny', fallback: ['dark'] })] },
    )
    expect(error).toMatchObject({
      code: 'no_eligible_model',
      status: 403,
      details: {
        candidates: [
          { deployment: 'vllm/tiny', reason: 'prompt_too_long' },
          { deployment: 'openai/unpriced', reason: 'price_unknown' },
        ],
      },
    })
  })
})

describe('cost ceilings', () => {
  // 40 bytes of prompt are estimated at 20 tokens and cost 20; each output token costs 10.
  const tasks = [task('cheap', { maxCost: 1_020n })]

  test('without a cap in the call, the output is clamped to what the ceiling pays for', () => {
    expect(first(run({ model: 'cheap' }, { tasks }))).toMatchObject({
      maxOutputTokens: 100,
      cappedBy: 'cost_ceiling',
      worstCase: 1_020n,
    })
  })

  test('with a cap in the call that could cost more, the deployment is skipped', () => {
    expect(refusal({ model: 'cheap', maxOutputTokens: 101 }, { tasks })).toMatchObject({
      code: 'no_eligible_model',
      details: { candidates: [{ reason: 'over_cost_ceiling' }, { reason: 'over_cost_ceiling' }] },
    })
    expect(first(run({ model: 'cheap', maxOutputTokens: 100 }, { tasks })).worstCase).toBe(1_020n)
  })

  test('it refuses only when not even a minimal answer of 16 tokens fits', () => {
    const usd = (nano: number) => ({ maxCostUsd: nano / 1e9 })
    expect(first(run({ model: 'large', context: usd(20 + 160) })).maxOutputTokens).toBe(16)
    expect(refusal({ model: 'large', context: usd(20 + 159) }).code).toBe('no_eligible_model')
    expect(refusal({ model: 'large', context: usd(0) }).code).toBe('no_eligible_model')
  })

  test('of the task’s and the call’s ceiling the smaller counts', () => {
    const at = (maxCostUsd: number) =>
      first(run({ model: 'cheap', context: { maxCostUsd } }, { tasks })).maxOutputTokens
    expect([at(520e-9), at(1)]).toEqual([50, 100])
  })

  test('several answers share the ceiling', () => {
    expect(first(run({ model: 'cheap', choices: 4 }, { tasks })).maxOutputTokens).toBe(25)
  })

  test('no candidate ever costs more than the ceiling, whatever is asked', () => {
    const nat = (max: number) => fc.integer({ min: 1, max })
    fc.assert(
      fc.property(nat(10_000_000), fc.option(nat(100_000)), nat(100_000), nat(4), (nano, asked, textBytes, choices) => {
        const ask = { model: 'large', prompt: { textBytes, images: 0 }, choices, context: { maxCostUsd: nano / 1e9 } }
        try {
          const decision = run(asked === null ? ask : { ...ask, maxOutputTokens: asked })
          for (const { worstCase } of decision.candidates) expect(worstCase).toBeLessThanOrEqual(BigInt(nano))
        } catch (error) {
          expect((error as GatewayError).code).toBe('no_eligible_model')
        }
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { downgrade } from './downgrade.ts'
import { replacedChoice } from './first-choice.ts'
import { passOverFirst } from './pass-over.ts'
import { compilePolicy } from './policy.ts'
import { receipt } from './receipt.ts'
import { type Ask, ids, input, refusal, run, task, type World, whole } from './routing-world.contract.ts'

/*
 * `vllm/tiny` has a window of 1000 tokens; `openai/cheap-and-long` costs half of what all others do, so it is lesser than they are.
 */

const LESSER = 'openai/cheap-and-long'
const EQUAL = 'openai/roomy'
const long = { textBytes: 9_000, images: 0 }
const write = { context: { risk: 'write' as const } }

/** A task whose default is too small for a long prompt. */
function worldWith(fallback: readonly string[], more: Parameters<typeof task>[1] = {}, world: World = {}): World {
  return { tasks: [task('answer', { default: 'tiny', fallback, ...more })], ...world }
}

const ask = (more: Ask = {}): Ask => ({ model: 'answer', prompt: long, ...more })

describe('a first choice that policy passes over', () => {
  it('is told, with what stands in its place and whether that is lesser', () => {
    const lesser = run(ask(), worldWith([LESSER]))
    expect(replacedChoice(lesser)).toMatchObject({ reason: 'prompt_too_long', deployment: { id: 'vllm/tiny' } })
    const told = { from: 'tiny', to: LESSER, reason: 'prompt_too_long', downgrade: true }
    expect(receipt(lesser).fallback).toEqual(told)
    expect(receipt(run(ask(), worldWith([EQUAL]))).fallback).toMatchObject({ to: EQUAL, downgrade: false })
    expect(receipt(run(ask({ prompt: { textBytes: 40, images: 0 } }), worldWith([LESSER]))).fallback).toBeNull()
  })

  it.each([
    ['a task that allows no downgrade', ask(), { fallbackPolicy: { allowDowngrade: false } }],
    ['a call that writes', ask(write), {}],
  ] as const)('is not replaced by a lesser one for %s', (_, call, policy) => {
    expect(ids(run(call, worldWith([LESSER, EQUAL], policy)))).toEqual([EQUAL])
    const error = refusal(call, worldWith([LESSER], policy))
    expect([error.code, error.status]).toEqual(['no_eligible_model', 403])
    expect(error.details).toMatchObject({
      candidates: [{ reason: 'prompt_too_long' }, { deployment: LESSER, reason: 'downgrade_not_allowed' }],
    })
  })

  it.each([
    ['its price', { maxCostUsd: 3e-7 }, {}, 'over_cost_ceiling'],
    ['a kill switch', {}, {}, 'kill_switch_on'],
    ['the plan', {}, { tenant: { allowedModels: [LESSER] } }, 'model_not_allowed'],
    ['where the data may go', { dataSensitivity: 'restricted' }, {}, 'not_private'],
  ] as const)('counts whatever the reason: %s', (_, context, world, reason) => {
    const cheap = reason === 'not_private' ? 'home/llama' : LESSER
    const tasks = [task('answer', { default: 'openai/gpt-4o', fallback: [cheap] })]
    const switchedOff = ({ deployment }: { deployment: { id: string } }) =>
      reason === 'kill_switch_on' && deployment.id === 'openai/gpt-4o' ? 'off' : null
    const call = { model: 'answer', maxOutputTokens: 40, context, switchedOff }
    expect(receipt(run(call, { tasks, ...world })).fallback).toMatchObject({ from: 'openai/gpt-4o', reason })
    if (cheap !== LESSER) return
    const careful = { ...call, context: { ...context, risk: 'admin' as const } }
    expect(refusal(careful, { tasks, ...world }).status).toBe(403)
  })

  it('that is only slow is taken all the same where the quick ones are lesser and may not serve', () => {
    const latencyOf = ({ id }: { id: string }) => ({ samples: 50, p50Ms: 1, p95Ms: id === LESSER ? 10 : 5_000 })
    const tasks = [task('answer', { default: 'openai/gpt-4o', fallback: [LESSER], maxLatencyMs: 1_000 })]
    expect(ids(run({ model: 'answer' }, { tasks, latencyOf }))).toEqual([LESSER])
    expect(ids(run({ model: 'answer', ...write }, { tasks, latencyOf }))[0]).toBe('openai/gpt-4o')
  })

  it('and whose model has no budget left is not replaced by a lesser one where that is not allowed', () => {
    const tasks = [task('answer', { default: 'openai/gpt-4o', fallback: [LESSER] })]
    const free = run({ model: 'answer' }, { tasks })
    const passed = passOverFirst(free, 'over_model_budget', 'none is left')
    expect(passed && receipt(passed).fallback).toMatchObject({ reason: 'over_model_budget', downgrade: true })
    const careful = run({ model: 'answer', ...write }, { tasks })
    expect(ids(careful)).toEqual(['openai/gpt-4o', LESSER])
    expect(passOverFirst(careful, 'over_model_budget', 'none is left')).toBeNull()
  })
})

describe('what is no fallback', () => {
  const balanced = (strategy: 'weighted' | 'cheapest' | 'fastest' | 'least-busy' | 'prefix-affinity' | 'priority') => ({
    models: [{ name: 'pair', deployments: ['azure-eu/gpt-4o', LESSER, 'openai/gpt-4o'], strategy }],
    tasks: [task('answer', { default: 'pair' })],
  })

  it.each(['weighted', 'cheapest', 'fastest', 'least-busy', 'prefix-affinity'] as const)(
    'the choice of the strategy %s, whoever is left to choose from',
    (strategy) => {
      for (const allowedModels of [null, [LESSER, 'openai/gpt-4o'], [LESSER]]) {
        const decision = run({ model: 'answer', ...write }, { ...balanced(strategy), tenant: { allowedModels } })
        expect(decision.firstChoice).toBe(decision.candidates[0])
        expect(receipt(decision).fallback).toBeNull()
      }
      // Too dear, too: they are equals.
      const cheap = { model: 'answer', maxOutputTokens: 40, context: { ...write.context, maxCostUsd: 3e-7 } }
      expect(ids(run(cheap, balanced(strategy)))).toEqual([LESSER])
    },
  )

  it('another deployment of the same model where the call may not have the first', () => {
    const allowed = { tenant: { allowedModels: [LESSER, 'openai/gpt-4o'] } }
    const decision = run({ model: 'answer', ...write }, { ...balanced('priority'), ...allowed })
    expect([ids(decision)[0], receipt(decision).fallback]).toEqual([LESSER, null])
    // What could not serve it is another matter than what may not.
    const dear = { model: 'answer', maxOutputTokens: 40, context: { maxCostUsd: 3e-7 } }
    expect(receipt(run(dear, balanced('priority'))).fallback).toMatchObject({ reason: 'over_cost_ceiling' })
  })

  it('a fallback as good as the least of those that a strategy might have chosen is no downgrade', () => {
    const tenant = { allowedModels: ['fall'] }
    const models = [
      ...balanced('weighted').models,
      { name: 'fall', deployments: ['openai/cheap-and-long', 'openai/roomy'] },
      { name: 'two', deployments: ['openai/gpt-4o', 'azure/gpt-4o'], strategy: 'weighted' as const },
    ]
    const calls = (first: string) =>
      run(
        { model: 'answer', keyAllowedModels: ['fall'] },
        { models, tasks: [task('answer', { default: first, fallback: ['fall'] })], tenant },
      )
    expect(receipt(calls('two')).fallback).toMatchObject({ reason: 'model_not_allowed', downgrade: true })
    expect(receipt(calls('pair')).fallback).toMatchObject({ from: 'pair', downgrade: false })
  })

  it('a canary, and the default behind a canary that may not serve', () => {
    const canary = { use: LESSER, weight: 1 }
    const tasks = [task('answer', { default: 'tiny', fallback: [EQUAL], canary })]
    const tried = run(ask(write), { tasks })
    expect([ids(tried), receipt(tried).fallback]).toEqual([[LESSER, EQUAL], null])
    const usual = run({ model: 'answer', ...write }, { tasks, tenant: { allowedModels: ['tiny'] } })
    expect([ids(usual), receipt(usual).fallback]).toEqual([['vllm/tiny'], null])
  })

  it('what a rule of the task or a limit chose', () => {
    const rules = [{ conditions: new Map([['risk' as const, { anyOf: ['write'] }]]), change: { default: LESSER } }]
    const ruled = run({ model: 'answer', ...write }, { tasks: [task('answer', { rules })] })
    expect([ids(ruled)[0], receipt(ruled).fallback]).toEqual([LESSER, null])
    const call = { model: 'answer', maxOutputTokens: 10 }
    const plain = { tasks: [task('answer', { fallback: [LESSER] })] }
    const cause = { to: null, reason: 'limit user/requests/1h' }
    const moved = downgrade(run(call, plain), whole(call), cause, compilePolicy(input(plain)))
    expect(moved && [ids(moved), moved.downgraded?.reason, receipt(moved).fallback]).toEqual([
      [LESSER],
      cause.reason,
      null,
    ])
  })
})

import { describe, expect, test } from 'vitest'
import { compilePolicy } from './policy.ts'
import { receipt } from './receipt.ts'
import { type Ask, first, ids, input, refusal, run, task, type World } from './routing-world.contract.ts'

describe('what the model of a call may be', () => {
  const world = { tasks: [task('answer', { fallback: ['small', 'tiny'] })] }

  test('a task: deployments of the default, then of the fallbacks, each once', () => {
    const decision = run({ model: 'answer' }, world)
    expect(ids(decision)).toEqual(['openai/gpt-4o', 'anthropic/claude', 'openai/gpt-4o-mini', 'vllm/tiny'])
    expect(decision.candidates.map(({ logicalName, role }) => `${logicalName} ${role}`)).toEqual([
      'large default',
      'large default',
      'small fallback',
      'tiny fallback',
    ])
    expect(decision.rule).toEqual({ task: 'answer', index: null, text: 'task answer: large, then small, then tiny' })
  })

  test('a task may name a deployment without a logical model', () => {
    const decision = run({ model: 'direct' }, { tasks: [task('direct', { default: 'azure/gpt-4o' })] })
    expect(first(decision)).toMatchObject({ logicalName: 'azure/gpt-4o', deployment: { id: 'azure/gpt-4o' } })
  })

  test('a logical model', () => {
    expect(ids(run({ model: 'small' }, world))).toEqual(['openai/gpt-4o-mini', 'openai/gpt-4o'])
  })

  test('provider/model, also when the model’s own name has slashes', () => {
    expect(ids(run({ model: 'azure/gpt-4o' }))).toEqual(['azure/gpt-4o'])
    expect(ids(run({ model: 'router/meta/llama-3' }))).toEqual(['router/meta/llama-3'])
    expect(ids(run({ model: 'meta/llama-3' }))).toEqual(['router/meta/llama-3'])
  })

  test('a bare name that one provider serves; with several, the caller must choose', () => {
    expect(ids(run({ model: 'claude' }))).toEqual(['anthropic/claude'])
    const error = refusal({ model: 'gpt-4o' })
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(error.message).toContain('openai/gpt-4o, azure/gpt-4o')
  })

  test('an unknown name is 404 with the nearest one', () => {
    expect(refusal({ model: 'lrage' }, world)).toMatchObject({
      code: 'model_not_found',
      status: 404,
      message: expect.stringContaining('Did you mean "large"?'),
    })
    expect(refusal({ model: 'nowhere/gpt' }, world)).toMatchObject({ code: 'model_not_found' })
    expect(refusal({ model: 'x'.repeat(100_000) }, world).message.length).toBeLessThan(1000)
  })

  test('a task in the context decides, and the model of the body does not', () => {
    const decision = run({ model: 'azure/gpt-4o', context: { task: 'answer' } }, world)
    expect(first(decision).deployment.id).toBe('openai/gpt-4o')
    expect(decision.task).toBe('answer')
  })

  test('a task that policy does not know is a label when the model leads somewhere', () => {
    const decision = run({ model: 'small', context: { task: 'my-label' } }, world)
    expect([decision.task, decision.rule.task]).toEqual(['my-label', null])
    expect(run({ model: 'answer', context: { task: 'my-label' } }, world).rule.task).toBe('answer')
  })

  test('an unknown task with an unknown model is task_not_found with the nearest task', () => {
    expect(refusal({ model: 'zzz', context: { task: 'anser' } }, world)).toMatchObject({
      code: 'task_not_found',
      param: 'task',
      message: expect.stringContaining('"answer"'),
    })
  })

  test('a configuration with a name that leads nowhere is not compiled', () => {
    expect(() => compilePolicy(input({ tasks: [task('x', { default: 'typo' })] }))).toThrow(/tasks\.x.*typo/)
  })
})

describe('what a tenant and a key may use', () => {
  const tasks = [task('answer', { fallback: ['small'] })]

  test.each([
    [['*'], ['openai/gpt-4o', 'anthropic/claude', 'openai/gpt-4o-mini']],
    [['answer'], ['openai/gpt-4o', 'anthropic/claude', 'openai/gpt-4o-mini']],
    [['large'], ['openai/gpt-4o', 'anthropic/claude']],
    [['anthropic/claude'], ['anthropic/claude']],
    [['openai/*'], ['openai/gpt-4o', 'openai/gpt-4o-mini']],
  ])('allowed_models %j leaves %j', (allowedModels, left) => {
    expect(ids(run({ model: 'answer' }, { tasks, tenant: { allowedModels } }))).toEqual(left)
    expect(ids(run({ model: 'answer', keyAllowedModels: allowedModels }, { tasks }))).toEqual(left)
  })

  test('the key narrows what the plan allows and cannot widen it', () => {
    const world = { tasks, tenant: { allowedModels: ['openai/*'] } }
    expect(ids(run({ model: 'answer', keyAllowedModels: ['openai/gpt-4o-mini', 'anthropic/claude'] }, world))).toEqual([
      'openai/gpt-4o-mini',
    ])
    expect(refusal({ model: 'answer', keyAllowedModels: ['anthropic/claude'] }, world)).toMatchObject({
      code: 'model_not_allowed',
      status: 403,
    })
  })

  test('provider/model by hand obeys the same list', () => {
    expect(refusal({ model: 'azure/gpt-4o' }, { tenant: { allowedModels: ['large'] } }).code).toBe('model_not_allowed')
    expect(refusal({ model: 'azure/gpt-4o' }, { tenant: { allowedModels: [] } }).code).toBe('model_not_allowed')
  })

  test('calling oneself by the name of an allowed task opens nothing', () => {
    const ask = { model: 'azure/gpt-4o', context: { task: 'vip' } }
    expect(refusal(ask, { tenant: { allowedModels: ['vip'] } }).code).toBe('model_not_allowed')
  })

  test('a provider star does not cover a provider whose name begins the same', () => {
    expect(refusal({ model: 'openai/gpt-4o' }, { tenant: { allowedModels: ['open/*'] } }).code).toBe(
      'model_not_allowed',
    )
  })

  test('a prompt surely longer than the plan allows is refused, a shorter one is not', () => {
    const world = { tenant: { maxInputTokens: 100 } }
    expect(refusal({ model: 'large', prompt: { textBytes: 451, images: 0 } }, world)).toMatchObject({
      code: 'context_length_exceeded',
      status: 400,
    })
    expect(ids(run({ model: 'large', prompt: { textBytes: 450, images: 0 } }, world))).toHaveLength(2)
  })
})

describe('parameters', () => {
  const parameters = {
    temperature: { default: 0.2, max: 1 },
    topP: { default: null, max: null },
    maxOutputTokens: { default: 800, max: 4000 },
  }
  const world = { tasks: [task('p', { parameters })] }
  const cap = (ask: Ask, change: World = world) => {
    const { maxOutputTokens, cappedBy } = first(run({ model: 'p', ...ask }, change))
    return [maxOutputTokens, cappedBy]
  }

  test('the output cap is the narrowest of call, task, plan and model', () => {
    expect(cap({ maxOutputTokens: 500 })).toEqual([500, 'call'])
    expect(cap({})).toEqual([800, 'task'])
    expect(cap({ maxOutputTokens: 9_000 })).toEqual([4_000, 'task'])
    expect(cap({ maxOutputTokens: 9_000 }, { ...world, tenant: { maxOutputTokens: 300 } })).toEqual([300, 'plan'])
    expect(cap({ model: 'tiny', maxOutputTokens: 9_000 })).toEqual([200, 'model'])
  })

  test('when nobody names a cap there is one all the same, so that the call can be held to a budget', () => {
    expect(cap({ model: 'large' })).toEqual([4096, 'default'])
    expect(cap({ model: 'large' }, { uncappedOutputTokens: 100 })).toEqual([100, 'default'])
    expect(cap({ model: 'large', reasoningTokens: 1000 }, { uncappedOutputTokens: 100 })).toEqual([1100, 'default'])
    expect(cap({ model: 'tiny', prompt: { textBytes: 4_050, images: 0 } })).toEqual([100, 'context'])
  })

  test('temperature takes the task’s default and is clamped to its max', () => {
    const temperature = (ask: Ask) => {
      const decision = run({ model: 'p', ...ask }, world)
      return [decision.parameters.temperature, decision.parametersChanged]
    }
    expect(temperature({})).toEqual([0.2, true])
    expect(temperature({ temperature: 2 })).toEqual([1, true])
    expect(temperature({ temperature: 0 })).toEqual([undefined, false])
  })

  test('top-p takes the task’s default and is clamped to its max', () => {
    const limited = { tasks: [task('p', { parameters: { ...parameters, topP: { default: 0.9, max: 0.95 } } })] }
    const topP = (ask: Ask) => run({ model: 'p', temperature: 0, ...ask }, limited).parameters.topP
    expect([topP({}), topP({ topP: 1 }), topP({ topP: 0.5 })]).toEqual([0.9, 0.95, undefined])
    expect(run({ model: 'p', temperature: 0, topP: 1 }, limited).adjustments).toContainEqual({
      parameter: 'top_p',
      asked: 1,
      used: 0.95,
      by: 'task',
    })
  })

  test('what policy set or changed is listed', () => {
    expect(run({ model: 'p', temperature: 2, maxOutputTokens: 9_000 }, world).adjustments).toEqual([
      { parameter: 'temperature', asked: 2, used: 1, by: 'task' },
      { parameter: 'max_output_tokens', asked: 9_000, used: 4_000, by: 'task' },
    ])
    expect(run({ model: 'p', temperature: 1, maxOutputTokens: 10 }, world).adjustments).toEqual([])
  })

  test('the task’s latency is the deadline; the caller’s target is not', () => {
    const tasks = [task('fast', { maxLatencyMs: 1000 })]
    expect(run({ model: 'fast', context: { latencyTargetMs: 5 } }, { tasks }).deadlineMs).toBe(1000)
    expect(run({ model: 'large', context: { latencyTargetMs: 5 } }).deadlineMs).toBeNull()
  })
})

test('the receipt tells rule, choice, every candidate with its reason, and the estimate', () => {
  const tasks = [task('x', { default: 'dark', fallback: ['small'], maxLatencyMs: 900 })]
  const written = receipt(run({ model: 'x', maxOutputTokens: 10 }, { tasks }))
  expect(JSON.parse(JSON.stringify(written))).toEqual({
    task: 'x',
    rule: { task: 'x', index: null, text: 'task x: dark, then small' },
    rules: [],
    chosen: { deployment: 'openai/gpt-4o-mini', model: 'gpt-4o-mini', provider: 'openai' },
    candidates: [
      {
        deployment: 'openai/unpriced',
        logical: 'dark',
        strategy: 'priority',
        taken: false,
        reason: 'price_unknown',
        detail: 'its price is not known; set one under providers.*.models',
        estimated_cost_usd: null,
        p95_ms: null,
      },
      {
        deployment: 'openai/gpt-4o-mini',
        logical: 'small',
        strategy: 'priority',
        taken: true,
        reason: 'fallback',
        detail: 'output capped at 10 tokens by call',
        estimated_cost_usd: 1.2e-7,
        p95_ms: null,
      },
      {
        deployment: 'openai/gpt-4o',
        logical: 'small',
        strategy: 'priority',
        taken: true,
        reason: 'fallback',
        detail: 'output capped at 10 tokens by call',
        estimated_cost_usd: 1.2e-7,
        p95_ms: null,
      },
    ],
    estimate: { input_tokens: 20, output_tokens: 10, cost_usd: 1.2e-7 },
    limits: [],
    requested_model: 'x',
    deadline_ms: 900,
    adjustments: [],
    downgraded: null,
    fallback: { from: 'dark', to: 'small', reason: 'price_unknown', downgrade: false },
  })
})

import { describe, expect, it } from 'vitest'
import { type DowngradeCause, downgrade } from './downgrade.ts'
import { compilePolicy } from './policy.ts'
import { receipt } from './receipt.ts'
import { type Ask, ids, input, run, task, type World, whole } from './routing-world.contract.ts'

const CAUSE: DowngradeCause = { to: 'small', reason: 'limit user/requests/1h' }

function downgraded(ask: Ask, world: World = {}, cause: Partial<DowngradeCause> = {}) {
  return downgrade(run(ask, world), whole(ask), { ...CAUSE, ...cause }, compilePolicy(input(world)))
}

/** A world with a model that is cheaper than all others. */
const CHEAPER: World = { models: [{ name: 'cheaper', deployments: ['openai/cheap-and-long'] }] }

function forbidding(allowDowngrade: boolean): World {
  return { ...CHEAPER, tasks: [task('rag', { fallback: ['cheaper'], fallbackPolicy: { allowDowngrade } })] }
}

describe('a call that goes to a cheaper model', () => {
  it('has that model’s deployments, and says from where it came and why', () => {
    const decision = downgraded({ model: 'large' })
    if (!decision) throw new Error('was not downgraded')
    expect(ids(decision)).toEqual(['openai/gpt-4o-mini', 'openai/gpt-4o'])
    expect(decision.downgraded).toEqual({ from: 'large', to: 'small', reason: 'limit user/requests/1h' })
    expect(receipt(decision)).toMatchObject({ downgraded: { from: 'large', to: 'small' }, requested_model: 'large' })
    expect(receipt(run({ model: 'large' }))).toMatchObject({ downgraded: null })
  })

  it('keeps the rules of its task', () => {
    const rules = {
      temperature: { default: 0.2, max: 1 },
      topP: { default: null, max: null },
      maxOutputTokens: { default: 100, max: 300 },
    }
    const world = { tasks: [task('rag', { parameters: rules, maxLatencyMs: 900, maxCost: 50_000n })] }
    const decision = downgraded({ model: 'rag', context: { task: 'rag' } }, world)
    expect(decision).toMatchObject({ task: 'rag', deadlineMs: 900, parameters: { temperature: 0.2 }, ceiling: 50_000n })
    expect(decision?.candidates[0].maxOutputTokens).toBe(100)
    expect(decision?.rule.text).toBe('task rag: large; instead: small')
  })

  it('may be one that writes, where the other model is no lesser one', () => {
    const decision = downgraded({ model: 'large', context: { risk: 'write' } }, {}, { to: 'vllm/tiny' })
    expect(decision?.downgraded).toMatchObject({ from: 'large', to: 'vllm/tiny' })
  })

  it('may go to a deployment', () => {
    const decision = downgraded({ model: 'large' }, {}, { to: 'vllm/tiny' })
    expect(decision?.downgraded).toMatchObject({ from: 'large', to: 'vllm/tiny' })
  })

  it('goes to the cheapest of its own candidates when no model is named', () => {
    const world = { tasks: [task('t', { default: 'openai/roomy', fallback: ['large', 'vllm/tiny'] })] }
    const decision = downgraded({ model: 't' }, world, { to: null })
    expect(decision && ids(decision)).toEqual(['vllm/tiny', 'openai/gpt-4o', 'anthropic/claude'])
    expect(decision?.estimate.cost).toBe(decision?.candidates[0].worstCase)
    expect(decision?.downgraded).toMatchObject({ from: 'openai/roomy', to: 'vllm/tiny' })
    expect(decision && receipt(decision)).toMatchObject({
      candidates: [{ deployment: 'openai/roomy', taken: false, reason: 'downgraded' }, { taken: true }, {}, {}],
    })
  })
})

describe('a call stays where it is', () => {
  it.each<[string, Ask, World, Partial<DowngradeCause>]>([
    ['when the tenant may not use the other model', { model: 'large' }, { tenant: { allowedModels: ['large'] } }, {}],
    ['when its key may not', { model: 'large', keyAllowedModels: ['large'] }, {}, {}],
    ['when the other has no price', { model: 'large' }, {}, { to: 'dark' }],
    ['when it has that model already', { model: 'small' }, {}, {}],
    ['when none of its own candidates is cheaper', { model: 'large' }, {}, { to: null }],
    ['when it has one candidate', { model: 'vllm/tiny' }, {}, { to: null }],
    [
      'when an operator switched the other off',
      { model: 'large', switchedOff: ({ logicalName }) => (logicalName === 'small' ? 'off' : null) },
      {},
      {},
    ],
  ])('%s', (_, ask, world, cause) => {
    expect(downgraded(ask, world, cause)).toBeNull()
  })

  it.each<[string, Ask, World]>([
    ['when its task forbids lesser models', { model: 'rag' }, forbidding(false)],
    ['when it is to write', { model: 'large', context: { risk: 'write' } }, CHEAPER],
    ['when it is to administer', { model: 'rag', context: { risk: 'admin' } }, forbidding(true)],
  ])('%s', (_, ask, world) => {
    expect(downgraded(ask, world, { to: 'cheaper' })).toBeNull()
    expect(downgraded(ask, world, { to: null })).toBeNull()
    const free = { ...ask, context: {} }
    expect(downgraded(free, forbidding(true), { to: 'cheaper' })?.downgraded?.to).toBe('cheaper')
  })

  it('when it was downgraded before', () => {
    const decision = downgraded({ model: 'large' })
    if (!decision) throw new Error('was not downgraded')
    const policy = compilePolicy(input())
    expect(downgrade(decision, whole({ model: 'large' }), { ...CAUSE, to: 'tiny' }, policy)).toBeNull()
  })
})

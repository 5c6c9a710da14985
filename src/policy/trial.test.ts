import { describe, expect, it } from 'vitest'
import { receipt } from './receipt.ts'
import { ids, run, task, type World } from './routing-world.contract.ts'

/** Calls of 2000 users, by what is asked first. */
function shares(world: World, users = 2000): Record<string, number> {
  const found: Record<string, number> = {}
  for (let user = 0; user < users; user += 1) {
    const [first = ''] = ids(run({ model: 'answer', context: { userId: `u${user}` } }, world))
    found[first] = (found[first] ?? 0) + 1
  }
  return found
}

const FIFTH = { canary: { use: 'tiny', weight: 0.2 } }

describe('a canary', () => {
  it('is asked first on its share of the calls, and what it stands in for takes over', () => {
    const world = { tasks: [task('answer', { ...FIFTH, fallback: ['small'] })] }
    const { 'vllm/tiny': tried = 0, 'openai/gpt-4o': usual = 0 } = shares(world)
    expect(tried + usual).toBe(2000)
    // Five standard deviations of a binomial share.
    expect(Math.abs(tried - 400)).toBeLessThan(90)
    const everyone = { tasks: [task('answer', { canary: { use: 'tiny', weight: 1 } })] }
    const decision = run({ model: 'answer' }, everyone)
    expect(ids(decision)).toEqual(['vllm/tiny', 'openai/gpt-4o', 'anthropic/claude'])
    expect(decision.rule.text).toBe('task answer: large; canary tiny, tried on 1 of the calls')
    expect(receipt(decision)).toMatchObject({
      candidates: [{ reason: 'canary', taken: true }, { reason: 'default' }, {}],
    })
  })

  it('stays the same for a user whatever they ask, then for an agent run, and else goes by the trace', () => {
    const world = { tasks: [task('answer', { canary: { use: 'tiny', weight: 0.5 } })] }
    const of = (context: { userId?: string; runId?: string }) =>
      new Set(
        Array.from({ length: 40 }, (_, call) => ids(run({ model: 'answer', context, traceId: `t${call}` }, world))[0]),
      ).size
    expect([of({ userId: 'u1', runId: 'r1' }), of({ userId: 'u2' }), of({ runId: 'r2' }), of({})]).toEqual([1, 1, 1, 2])
  })

  it('is passed over like any other where it may not serve', () => {
    const canary = { use: 'openai/gpt-4o-mini', weight: 1 }
    const tasks = [task('answer', { default: 'azure-eu/gpt-4o', canary })]
    const decision = run({ model: 'answer' }, { tasks, tenant: { region: 'eu' } })
    expect(ids(decision)).toEqual(['azure-eu/gpt-4o'])
    expect(decision.skipped).toMatchObject([{ role: 'canary', reason: 'outside_region' }])
    const restricted = run(
      { model: 'answer', context: { dataSensitivity: 'restricted' } },
      { tasks: [task('answer', { default: 'home/llama', canary: { use: 'large', weight: 1 } })] },
    )
    expect(ids(restricted)).toEqual(['home/llama'])
  })

  it('is not tried on calls that a rule sends elsewhere, nor at a limit', () => {
    const conditions = new Map([['plan', { anyOf: ['free'] }]]) as never
    const tasks = [
      task('answer', { canary: { use: 'tiny', weight: 1 }, rules: [{ conditions, change: { default: 'small' } }] }),
    ]
    expect(ids(run({ model: 'answer', context: { plan: 'free' } }, { tasks }))).toEqual([
      'openai/gpt-4o-mini',
      'openai/gpt-4o',
    ])
    expect(ids(run({ model: 'answer', context: { plan: 'pro' } }, { tasks }))[0]).toBe('vllm/tiny')
    expect(ids(run({ model: 'answer', insteadOf: 'blind' }, { tasks }))).toEqual(['vllm/blind'])
  })

  it('has no place in calls that name a model', () => {
    const world = { tasks: [task('answer', { canary: { use: 'tiny', weight: 1 } })] }
    expect(ids(run({ model: 'large' }, world))[0]).toBe('openai/gpt-4o')
  })
})

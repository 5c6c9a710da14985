import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicy } from './policy.ts'
import { ids, input, run, task } from './routing-world.contract.ts'

const PROMOTED = {
  default: 'small',
  fallback: ['large', 'tiny'],
  promote: { insteadOf: 'large', risk: ['read_only'] },
} as const

const READ = ['openai/gpt-4o-mini', 'openai/gpt-4o', 'anthropic/claude', 'vllm/tiny']
const BEFORE = ['openai/gpt-4o', 'anthropic/claude', 'vllm/tiny']

describe('a promoted default', () => {
  it('serves calls that only read, and the decision says that it was promoted', () => {
    const decision = run({ model: 'answer' }, { tasks: [task('answer', PROMOTED)] })
    expect(ids(decision)).toEqual(READ)
    expect(decision.rule.text).toBe('task answer: small, then large, then tiny (small was promoted instead of large)')
  })

  it.each(['write', 'admin'] as const)(
    'leaves calls of risk %s with the model before, and never serves them',
    (risk) => {
      const decision = run({ model: 'answer', context: { risk } }, { tasks: [task('answer', PROMOTED)] })
      expect(ids(decision)).toEqual(BEFORE)
      expect(decision.rule.text).toContain(`not for calls of risk ${risk}`)
    },
  )

  it('serves such calls where that is written', () => {
    const promote = { insteadOf: 'large', risk: ['read_only', 'write'] } as const
    const world = { tasks: [task('answer', { ...PROMOTED, promote })] }
    expect(ids(run({ model: 'answer', context: { risk: 'write' } }, world))).toEqual(READ)
    expect(ids(run({ model: 'answer', context: { risk: 'admin' } }, world))).toEqual(BEFORE)
  })

  it('is left out of such calls under rules that keep the default too, and rules that name a model are left alone', () => {
    const when = (plan: string, change: object) => ({
      conditions: new Map([['plan', { anyOf: [plan] }]]) as never,
      change,
    })
    const rules = [
      when('free', { fallback: ['tiny'] }),
      when('pro', { default: 'blind' }),
      when('max', { default: 'small' }),
    ]
    const world = { tasks: [task('answer', { ...PROMOTED, rules })] }
    const of = (plan: string) => run({ model: 'answer', context: { risk: 'write', plan } }, world)
    expect(ids(of('free'))).toEqual(BEFORE)
    expect(ids(of('pro'))[0]).toBe('vllm/blind')
    expect([ids(of('max'))[0], of('max').rule.text]).toEqual([
      'openai/gpt-4o-mini',
      expect.not.stringContaining('promoted'),
    ])
  })

  it('changes nothing for such calls, whatever models there are', () => {
    const name = fc.constantFrom('large', 'small', 'tiny', 'blind', 'azure/gpt-4o')
    fc.assert(
      fc.property(name, name, fc.uniqueArray(name), (former, to, others) => {
        fc.pre(former !== to)
        const fallback = others.filter((one) => one !== former && one !== to)
        const promote = { insteadOf: former, risk: ['read_only'] } as const
        const of = (change: object) => {
          const ask = { model: 'answer', context: { risk: 'write' } } as const
          return ids(run(ask, { tasks: [task('answer', change)] }))
        }
        expect(of({ default: to, fallback: [former, ...fallback], promote })).toEqual(of({ default: former, fallback }))
      }),
    )
  })

  it('costs nothing where nobody was promoted and nothing is tried', () => {
    const promote = { insteadOf: null, risk: ['read_only'] } as const
    const { tasks } = compilePolicy(input({ tasks: [task('answer', { promote }), task('other', PROMOTED)] }))
    expect([tasks.get('answer')?.trial, tasks.get('other')?.trial !== null]).toEqual([null, true])
  })

  it('does not keep another canary from being tried', () => {
    const world = { tasks: [task('answer', { ...PROMOTED, canary: { use: 'blind', weight: 1 } })] }
    expect(ids(run({ model: 'answer' }, world))[0]).toBe('vllm/blind')
  })
})

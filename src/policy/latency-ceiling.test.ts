import { describe, expect, it } from 'vitest'
import { passOverFirst } from './pass-over.ts'
import { receipt } from './receipt.ts'
import { ids, run, task } from './routing-world.contract.ts'

const OPENAI = 'openai/gpt-4o'
const ANTHROPIC = 'anthropic/claude'
const TASKS = [task('quick', { default: 'large', maxLatencyMs: 1_000 }), task('calm', { default: 'large' })]

/** Decides a call while deployments take so long. */
function decided(p95s: Record<string, number>, model = 'quick', streams = false) {
  const latencyOf = ({ id }: { id: string }, streamed: boolean) => {
    const p95Ms = streamed ? undefined : p95s[id]
    return p95Ms === undefined ? null : { p50Ms: 1, p95Ms, samples: 20 }
  }
  return run({ model, streams }, { tasks: TASKS, latencyOf })
}

describe('a candidate that was slower lately than its task allows', () => {
  it('is skipped, with its figures', () => {
    const decision = decided({ [OPENAI]: 1_001, [ANTHROPIC]: 1_000 })
    expect(ids(decision)).toEqual([ANTHROPIC])
    expect(receipt(decision)).toMatchObject({
      candidates: [
        {
          deployment: OPENAI,
          taken: false,
          reason: 'over_latency_ceiling',
          detail: 'one answer in twenty took longer than 1001 ms lately, and the task allows 1000 ms',
          p95_ms: 1_001,
        },
        { deployment: ANTHROPIC, taken: true, p95_ms: 1_000 },
      ],
    })
  })

  it('serves where no other does better: a slow answer is more than none', () => {
    expect(ids(decided({ [OPENAI]: 5_000, [ANTHROPIC]: 3_000 }))).toEqual([OPENAI, ANTHROPIC])
  })

  it('serves where the task allows any time, and where nothing is known of calls of this kind', () => {
    expect(ids(decided({ [OPENAI]: 5_000 }, 'calm'))).toEqual([OPENAI, ANTHROPIC])
    expect(ids(decided({ [OPENAI]: 5_000 }, 'quick', true))).toEqual([OPENAI, ANTHROPIC])
  })

  it('keeps its figures when it is passed over for another reason later', () => {
    const passed = passOverFirst(decided({ [OPENAI]: 700 }), 'over_model_budget', 'spent')
    expect(passed?.skipped.at(-1)).toMatchObject({ p95Ms: 700 })
  })
})

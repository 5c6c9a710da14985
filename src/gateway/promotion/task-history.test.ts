import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import type { PolicyVersion } from '../../storage/contracts/policy-store.ts'
import { PROMOTION_ACTOR, TaskHistory } from './task-history.ts'

const TASK = { default: 'large', canary: { use: 'small', weight: 0.1 }, promote: { action: 'publish' } }
const MOVED = { default: 'small', fallback: ['large'], promote: { action: 'publish', instead_of: 'large' } }
const BACK = { default: 'large', fallback: [], promote: { action: 'publish' } }

type Told = readonly [actor: string, answer: JsonObject | null, models?: JsonObject]

/** Versions, one after another, each a thousand ms after the one before. */
function historyOf(told: readonly Told[]) {
  const versions = told.map(([actor, answer, models = { small: ['a/b'] }], at): PolicyVersion => {
    const tasks = { ...(answer ? { answer } : {}), other: { default: 'large' } }
    return {
      ...{ number: at + 1, createdAt: (at + 1) * 1_000, actor, reason: null, hash: '', source: 'ledger', changes: [] },
      sections: { tasks, models },
    }
  })
  let reads = 0
  const history = new TaskHistory({
    get: async (number) => {
      reads += 1
      return versions[number - 1] ?? null
    },
  })
  const newest = versions.at(-1)
  if (!newest) throw new Error('no version')
  return { standing: () => history.standingOf('answer', newest), reads: () => reads }
}

describe('the history of a task', () => {
  it('begins with the last change of the task, or of a model that it names, by a person', async () => {
    const changed = { ...TASK, max_latency_ms: 900 }
    const { standing, reads } = historyOf([
      ['file', null],
      ['file', TASK],
      ['key_a', changed],
      ['key_a', changed, { small: ['a/b'], unrelated: ['a/c'] }],
      ['key_b', changed, { small: ['a/b'], unrelated: ['a/d'] }],
    ])
    expect(await standing()).toEqual({
      ...{ since: 3_000, sinceVersion: 3, changedAt: 3_000, changedVersion: 3, movedAt: null, stopped: new Map() },
    })
    const before = reads()
    await standing()
    expect(reads()).toBe(before)
    expect(
      await historyOf([
        ['file', TASK],
        ['key_a', TASK, { small: ['a/other'] }],
      ]).standing(),
    ).toMatchObject({ since: 2_000 })
    expect(await historyOf([['file', TASK]]).standing()).toMatchObject({ since: 1_000 })
  })

  it('knows nothing of a task that promotes nothing', async () => {
    expect(await historyOf([['file', { default: 'large' }]]).standing()).toBeNull()
    expect(await historyOf([['file', null]]).standing()).toBeNull()
  })

  it('goes on over changes by itself, and what was sent back is stopped', async () => {
    const told: Told[] = [
      ['file', TASK],
      [PROMOTION_ACTOR, MOVED],
    ]
    expect(await historyOf(told).standing()).toMatchObject({
      ...{ since: 1_000, changedAt: 2_000, changedVersion: 2, movedAt: 2_000, stopped: new Map() },
    })
    told.push([PROMOTION_ACTOR, BACK])
    expect(await historyOf(told).standing()).toMatchObject({
      ...{ since: 1_000, changedVersion: 3, movedAt: 3_000 },
      stopped: new Map([['small', { why: 'failed', version: 3, actor: PROMOTION_ACTOR }]]),
    })
    told.push(['key_a', TASK])
    expect(await historyOf(told).standing()).toMatchObject({ since: 4_000, movedAt: null, stopped: new Map() })
  })

  it('stops what a person took back, until the task is changed again', async () => {
    const told: Told[] = [
      ['file', TASK],
      [PROMOTION_ACTOR, MOVED],
      ['key_a', TASK],
      ['key_a', TASK],
    ]
    expect(await historyOf(told).standing()).toMatchObject({
      ...{ since: 3_000, movedAt: null },
      stopped: new Map([['small', { why: 'taken_back', version: 3, actor: 'key_a' }]]),
    })
    told.push(['key_a', { ...TASK, max_latency_ms: 900 }])
    expect(await historyOf(told).standing()).toMatchObject({ since: 5_000, stopped: new Map() })
  })

  it('does not stop what a person accepts, or changes and keeps', async () => {
    const told: Told[] = [
      ['file', TASK],
      [PROMOTION_ACTOR, MOVED],
      ['key_a', { ...MOVED, max_latency_ms: 900 }],
    ]
    expect(await historyOf(told).standing()).toMatchObject({ since: 3_000, changedAt: 3_000, stopped: new Map() })
    told.push(['key_a', { default: 'small', fallback: ['large'], promote: { action: 'publish' } }])
    expect(await historyOf(told).standing()).toMatchObject({ since: 4_000, stopped: new Map() })
  })
})

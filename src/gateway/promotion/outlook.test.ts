import { describe, expect, it } from 'vitest'
import type { QualityBarConfig } from '../../config/sections/quality-bar.ts'
import { compilePolicy } from '../../policy/policy.ts'
import { input, task as taskPolicy, type World } from '../../policy/routing-world.contract.ts'
import type { KillSwitchRow } from '../../storage/contracts/kill-switch-store.ts'
import type { QualityEvidence, QualityQuery } from '../../storage/contracts/quality-evidence.ts'
import { outlookOf } from './outlook.ts'
import type { PromotingTask } from './task-evidence.ts'
import type { TaskStanding } from './task-history.ts'

const DAY_MS = 86_400_000
const NOW = 100 * DAY_MS
const BAR: QualityBarConfig = { metric: 'valid', atLeast: 0.9, confidence: 0.95 }
const PROMOTE = { action: 'publish', minCases: 100, coolDownMs: DAY_MS, risk: ['read_only'], insteadOf: null } as const
const STANDING: TaskStanding = {
  ...{ since: NOW - DAY_MS / 2, sinceVersion: 3, changedAt: NOW - DAY_MS / 2, changedVersion: 3 },
  ...{ movedAt: null, stopped: new Map() },
}

/** What was seen of a deployment. The cost is USD an answer. */
function seen(
  deployment: string,
  answers: number,
  valid: number,
  costUsd: number,
  more: Partial<QualityEvidence> = {},
) {
  const cost = BigInt(Math.round(costUsd * 1e9)) * BigInt(answers)
  return {
    ...{
      deployment,
      attempts: answers,
      answers,
      valid,
      incomplete: 0,
      invalid: answers - valid,
      refused: 0,
      errors: 0,
      cost,
    },
    ...{ meanLatencyMs: 1, p95LatencyMs: 1, feedback: 0, meanScore: null },
    ...{ compared: 0, notWorse: 0, better: 0, judged: 0, judgedBetter: 0, judgedNotWorse: 0, judgeFailures: 0 },
    ...more,
  } satisfies QualityEvidence
}

interface Scene {
  readonly task?: Partial<PromotingTask>
  readonly standing?: Partial<TaskStanding>
  readonly switches?: readonly Pick<KillSwitchRow, 'scope'>[]
  readonly world?: World
  /** Of all times, or by the moment from which on is looked. */
  readonly evidence: readonly QualityEvidence[] | ((from: number) => readonly QualityEvidence[])
}

const CANARY = { use: 'tiny', weight: 0.1 }
const USUAL = seen('openai/gpt-4o', 2_000, 1_960, 0.01)
const GOOD = seen('vllm/tiny', 600, 590, 0.001)

function look({ task = {}, standing = {}, switches = [], world = {}, evidence }: Scene) {
  const asked: QualityQuery[] = []
  const reader = {
    quality: async (query: QualityQuery) => {
      asked.push(query)
      const found = typeof evidence === 'function' ? evidence(query.from) : evidence
      return found.filter(({ deployment }) => query.deployments?.includes(deployment))
    },
  }
  const whole = { name: 'answer', default: 'large', canary: CANARY, shadow: null, qualityBar: BAR, promote: PROMOTE }
  const policy = compilePolicy(input({ tasks: [taskPolicy('answer')], ...world }))
  const ground = { reader, policy, switches: switches as KillSwitchRow[], now: NOW }
  return outlookOf({ ...whole, ...task }, { ...STANDING, ...standing }, ground).then((found) => ({ ...found, asked }))
}

describe('a model that is tried', () => {
  it('becomes the default when it is shown to meet the bar and is cheaper, by its first answers since the task was changed', async () => {
    const { move, note, seen: models, asked } = await look({ evidence: [USUAL, GOOD] })
    expect(move).toMatchObject({
      ...{ kind: 'promote', from: 'large', to: 'tiny' },
      reason: expect.stringMatching(
        /^tiny instead of large: it meets the bar \(valid ≥ 0.9, 95 % confidence\) by valid 0.983 of 600 /,
      ),
      details: { n: 600, cost_usd_per_answer: 0.001, usual_cost_usd_per_answer: 0.01, since_version: 3 },
    })
    expect(note).toMatch(/^tiny is to be promoted: valid 0.983 of 600/)
    expect(models).toMatchObject([{ model: 'tiny', deployment: 'vllm/tiny', seen: { verdict: 'meets', n: 600 } }])
    expect(asked).toHaveLength(2)
    for (const query of asked) expect(query).toMatchObject({ task: 'answer', from: STANDING.since, order: 'first' })
  })

  it.each<[string, Scene, string]>([
    ['it is not shown to meet the bar', { evidence: [USUAL, seen('vllm/tiny', 600, 545, 0.001)] }, 'not shown to meet'],
    ['too little was seen of it', { evidence: [USUAL, seen('vllm/tiny', 99, 99, 0.001)] }, 'about 1 more cases'],
    ['it is as dear', { evidence: [USUAL, seen('vllm/tiny', 600, 590, 0.01)] }, 'is not cheaper'],
    ['the cost of the default is not known', { evidence: [GOOD] }, 'is not cheaper'],
    [
      'it was sent back',
      {
        evidence: [USUAL, GOOD],
        standing: { stopped: new Map([['tiny', { why: 'failed', version: 2, actor: 'x' }]]) },
      },
      'sent back in version 2',
    ],
    [
      'somebody took it back',
      {
        evidence: [USUAL, GOOD],
        standing: { stopped: new Map([['tiny', { why: 'taken_back', version: 2, actor: 'key_1' }]]) },
      },
      'key_1 took it back in version 2',
    ],
    ['the task was changed a moment ago', { evidence: [USUAL, GOOD], standing: { movedAt: NOW - 1_000 } }, 'cool-down'],
    [
      'its model is switched off',
      { evidence: [USUAL, GOOD], switches: [{ scope: { model: 'tiny' } }] },
      'switched off',
    ],
    [
      'its provider is switched off for one tenant',
      { evidence: [USUAL, GOOD], switches: [{ scope: { provider: 'vllm', tenant: 'a' } }] },
      'switched off',
    ],
    [
      'its task is switched off',
      { evidence: [USUAL, GOOD], switches: [{ scope: { task: 'answer' } }] },
      'switched off',
    ],
    [
      'its price is not known',
      { evidence: [USUAL, seen('openai/unpriced', 600, 590, 0)], task: { canary: { use: 'dark', weight: 0.1 } } },
      'price of openai/unpriced is not known',
    ],
    [
      'a tenant that uses the default may not use it',
      { evidence: [USUAL, GOOD], world: { tenant: { allowedModels: ['large'] } } },
      'the tenant acme may not use it',
    ],
    [
      'the data of a tenant that uses the default may not go there',
      {
        evidence: [seen('azure-eu/gpt-4o', 2_000, 1_960, 0.01), GOOD],
        task: { default: 'azure-eu/gpt-4o' },
        world: { tenant: { region: 'eu' } },
      },
      'the tenant acme may not use it',
    ],
    [
      'restricted data may go to the default alone',
      { evidence: [seen('home/llama', 2_000, 1_960, 0.01), GOOD], task: { default: 'home/llama' } },
      'restricted data',
    ],
  ])('stays where it is when %s', async (_, scene, why) => {
    const { move, note } = await look(scene)
    expect([move, note]).toEqual([null, expect.stringContaining(why)])
  })

  it('is not spoken for by a better deployment that shares its calls', async () => {
    const world: World = {
      models: [{ name: 'pool', deployments: ['vllm/tiny', 'vllm/blind'], strategy: 'weighted' }],
    }
    const task = { canary: { use: 'pool', weight: 0.1 } }
    const bad = seen('vllm/blind', 200, 150, 0.001)
    const mixed = await look({ evidence: [USUAL, seen('vllm/tiny', 9_000, 8_900, 0.001), bad], task, world })
    expect([mixed.move, mixed.note]).toEqual([null, expect.stringContaining('valid 0.750 of 200')])
    const good = await look({ evidence: [USUAL, GOOD, seen('vllm/blind', 600, 590, 0.002)], task, world })
    expect(good.move).toMatchObject({ to: 'pool', details: { cost_usd_per_answer: 0.002 } })
  })

  it('is known by its first deployment where the others stand behind it', async () => {
    const task = { canary: { use: 'small', weight: 0.1 } }
    const { move } = await look({ evidence: [USUAL, seen('openai/gpt-4o-mini', 100, 60, 0.001)], task })
    expect(move).toBeNull()
  })

  it('gives way to a cheaper one, and has to be surer where there are two', async () => {
    const shadow = { use: 'blind', share: 0.1, judge: null, dailyLimit: 1n } as const
    const { move, note } = await look({
      evidence: [USUAL, GOOD, seen('vllm/blind', 600, 590, 0.0005)],
      task: { shadow },
    })
    expect(move?.to).toBe('blind')
    expect(note).toContain('tiny: valid 0.983 of 600')
    const nearly = seen('vllm/tiny', 400, 379, 0.001)
    expect((await look({ evidence: [USUAL, nearly] })).move?.to).toBe('tiny')
    expect((await look({ evidence: [USUAL, nearly], task: { shadow } })).move).toBeNull()
  })

  it('is only talked of where that is what the task wants', async () => {
    const { note } = await look({ evidence: [USUAL, GOOD], task: { promote: { ...PROMOTE, action: 'propose' } } })
    expect(note).toMatch(/^tiny would be promoted: /)
  })

  it.each<[QualityBarConfig['metric'], Partial<QualityEvidence>, string]>([
    ['feedback', { feedback: 900, meanScore: 0.95 }, 'feedback 0.950 of 900'],
    ['judge', { compared: 900, notWorse: 880 }, 'judge 0.978 of 900'],
  ])('is known by %s where the bar is', async (metric, more, found) => {
    const { move, note } = await look({
      evidence: [USUAL, seen('vllm/tiny', 900, 0, 0.001, more)],
      task: { qualityBar: { metric, atLeast: 0.8, confidence: 0.95 } },
    })
    expect([move?.to, note]).toEqual(['tiny', expect.stringContaining(found)])
  })

  it('needs somebody to be tried', async () => {
    expect(await look({ evidence: [USUAL], task: { canary: null } })).toMatchObject({
      ...{ move: null, note: 'No model is tried (canary, shadow).' },
    })
  })
})

describe('a promoted default', () => {
  const task = { default: 'tiny', canary: null, promote: { ...PROMOTE, insteadOf: 'large' } }

  it('stays while it is not shown to be below the bar', async () => {
    const { move, note } = await look({ task, evidence: [USUAL, GOOD] })
    expect([move, note]).toEqual([
      null,
      expect.stringMatching(/^tiny was promoted instead of large \(version 3\); since then valid 0.983 of 600/),
    ])
    expect((await look({ task, evidence: [seen('vllm/tiny', 99, 0, 0.001)] })).move).toBeNull()
  })

  it('goes back when it is, also within the cool-down', async () => {
    const evidence = [USUAL, seen('vllm/tiny', 400, 320, 0.001)]
    const { move } = await look({ task, evidence, standing: { movedAt: NOW - 1_000 } })
    expect(move).toMatchObject({
      ...{ kind: 'send_back', from: 'tiny', to: 'large' },
      reason: expect.stringMatching(/^large again instead of tiny: tiny is below the bar .* valid 0.800 of 400/),
    })
  })

  it('goes back for what was seen today, however good it was before', async () => {
    const promotedAt = NOW - 60.9 * DAY_MS
    const evidence = (from: number) =>
      from === promotedAt + 60 * DAY_MS
        ? [seen('vllm/tiny', 400, 320, 0.001)]
        : [seen('vllm/tiny', 20_000, 19_800, 0.001)]
    expect((await look({ task, evidence, standing: { changedAt: promotedAt } })).move?.kind).toBe('send_back')
  })

  it('does not go back to a model that is switched off', async () => {
    const evidence = [seen('vllm/tiny', 400, 320, 0.001)]
    const { move, note } = await look({ task, evidence, switches: [{ scope: { model: 'openai/gpt-4o' } }] })
    expect([move, note]).toEqual([null, expect.stringContaining('large does not take its place: it is switched off')])
  })

  it('is compared, where copies are, with the model before, to which they go now', async () => {
    const judged = { ...task, qualityBar: { ...BAR, metric: 'judge' as const } }
    const copies = (better: number) => [seen('openai/gpt-4o', 400, 400, 0.01, { compared: 400, notWorse: 400, better })]
    expect((await look({ task: judged, evidence: copies(10) })).move).toBeNull()
    expect((await look({ task: judged, evidence: copies(120) })).move).toMatchObject({
      ...{ kind: 'send_back', reason: expect.stringContaining('judge 0.700 of 400') },
    })
    const replaced = [...copies(0), seen('vllm/tiny', 400, 280, 0.001)]
    expect((await look({ task: judged, evidence: replaced })).move?.kind).toBe('send_back')
  })
})

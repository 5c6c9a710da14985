import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RequestRow, UsageRow } from './ledger-store.ts'
import { MOST_LOOKED_AT } from './quality-evidence.ts'
import {
  instanceOf,
  type OpenStorage,
  requestRow,
  type StorageUnderTest,
  unique,
  usageRow,
} from './samples.contract.ts'

const UNJUDGED = { judged: 0, judgedBetter: 0, judgedNotWorse: 0, judgeFailures: 0 }

/** What every reader must know of how well models do a task. */
export function qualityEvidenceContract(open: OpenStorage): void {
  let under: StorageUnderTest
  let instance: string
  beforeAll(async () => {
    under = await open()
    instance = await instanceOf(under.storage)
  })
  afterAll(() => under.close())

  async function called(changes: Partial<UsageRow>, request: Partial<RequestRow> = {}): Promise<UsageRow> {
    const row = usageRow(changes)
    const { traceId, tenantId, task, deployment, createdAt } = row
    const whole = requestRow({ traceId, tenantId, task, servedModel: deployment, createdAt, ...request })
    await under.storage.ledger.settle(instance, [{ usage: [row], request: whole, spans: [], postings: [] }])
    return row
  }

  const everything = { from: 0, to: Date.now() + 3_600_000 }

  it('counts answers, what is wrong with them, errors, cost and latency for each deployment of a task', async () => {
    const { reader, feedback } = under.storage
    const task = unique('task')
    const row = await called({ task, cost: 100n, latencyMs: 100 }, { flags: ['shadow', 'shadow_won'] })
    await called({ task, cost: 300n, latencyMs: 300 }, { flags: ['shadow_tied'] })
    await called({ task, cost: 0n, latencyMs: 200 }, { flags: ['downgraded', 'json_invalid'] })
    await called({ task, cost: 1n, status: 'failed', errorCode: 'output_invalid' }, { servedModel: null })
    await called({ task, cost: 1n, status: 'completed', finishReason: 'length', latencyMs: 200 })
    await called({ task, cost: 1n, status: 'incomplete', errorCode: 'upstream_truncated' })
    await called({ task, cost: 0n, status: 'failed', errorCode: 'upstream_failed' }, { servedModel: null })
    await called({ task, cost: 5n, status: 'client_gone' })
    await called({ task, deployment: 'b/other', cost: 7n, latencyMs: 50 }, { flags: ['shadow', 'shadow_lost'] })
    await called({ task, deployment: null, status: 'refused' })
    await called({ task: unique('task') })
    await called({ task: null })
    await feedback.give({ traceId: row.traceId, tenantId: 'acme', userId: 'u1', score: 1, label: null, comment: null })
    await feedback.give({
      traceId: row.traceId,
      tenantId: 'acme',
      userId: 'u2',
      score: 0.5,
      label: null,
      comment: null,
    })
    const found = await reader.quality({ task, ...everything })
    expect(found).toEqual([
      {
        ...{
          deployment: 'b/other',
          attempts: 1,
          answers: 1,
          valid: 1,
          incomplete: 0,
          invalid: 0,
          refused: 0,
          errors: 0,
        },
        ...{ compared: 1, notWorse: 0, better: 0, ...UNJUDGED, cost: 7n, meanLatencyMs: 50, p95LatencyMs: 50 },
        ...{ feedback: 0, meanScore: null },
      },
      {
        ...{
          deployment: 'openai/gpt-4o-mini',
          attempts: 8,
          answers: 6,
          valid: 2,
          incomplete: 2,
          invalid: 2,
          refused: 0,
          errors: 1,
        },
        ...{
          compared: 2,
          notWorse: 2,
          better: 1,
          ...UNJUDGED,
          cost: 408n,
          meanLatencyMs: 200,
          p95LatencyMs: 300,
          feedback: 2,
          meanScore: 0.75,
        },
      },
    ])
  })

  it('looks at some deployments alone, from the first answers on or from the newest, and at no more than so many', async () => {
    const { reader, ledger } = under.storage
    const task = unique('task')
    const from = Date.now() - 100_000
    const many = MOST_LOOKED_AT / 10
    for (let batch = 0; batch < 12; batch += 1) {
      const usage = Array.from({ length: many }, (_, at) => {
        const whole = batch > 0
        const row = usageRow({ task, createdAt: from + batch * many + at })
        return whole ? row : { ...row, finishReason: 'length' }
      })
      await ledger.settle(instance, [{ usage, request: null, spans: [], postings: [] }])
    }
    await called({ task, deployment: 'b/other', createdAt: from })
    const of = async (order: 'first' | 'newest') => {
      const rows = await reader.quality({ task, ...everything, from, deployments: ['openai/gpt-4o-mini'], order })
      return rows.map(({ deployment, attempts, valid }) => [deployment, attempts, valid])
    }
    expect(await of('first')).toEqual([['openai/gpt-4o-mini', MOST_LOOKED_AT, MOST_LOOKED_AT - many]])
    expect(await of('newest')).toEqual([['openai/gpt-4o-mini', MOST_LOOKED_AT, MOST_LOOKED_AT]])
    expect(await reader.quality({ task, ...everything, deployments: ['b/none'] })).toEqual([])
  })

  it('tells refusals from good answers, and what was cut for want of money from what ran into its cap', async () => {
    const { reader } = under.storage
    const task = unique('task')
    await called({ task })
    await called({ task, finishReason: 'content-filter' })
    await called({ task, finishReason: 'stop' }, { flags: ['refused'] })
    await called({ task, finishReason: 'length' })
    await called({ task, finishReason: 'length', status: 'incomplete' }, { flags: ['budget_cut'] })
    expect(await reader.quality({ task, ...everything })).toMatchObject([
      { attempts: 5, answers: 4, valid: 1, refused: 2, incomplete: 1, invalid: 0, errors: 0 },
    ])
  })

  it('counts what a model said of copies, by requests of its own in their traces', async () => {
    const { reader } = under.storage
    const task = unique('task')
    const [candidate, judge] = ['a/candidate', 'b/judge']
    const copied = async (flag: string, tenantId: string = '(shadow)', status: UsageRow['status'] = 'completed') => {
      const row = await called({ task, tenantId: '(shadow)', deployment: candidate, status }, { flags: ['shadow'] })
      await called({ traceId: row.traceId, task: 'judging', tenantId, deployment: judge }, { flags: [flag] })
    }
    for (const flag of ['judge_won', 'judge_won', 'judge_tied', 'judge_lost', 'judge_failed']) await copied(flag)
    // Of an answer that did not come, and of another tenant's, nothing is said.
    await copied('judge_won', '(shadow)', 'failed')
    await copied('judge_won', 'acme')
    // What needs no judge stands with the copy itself.
    await called({ task, tenantId: '(shadow)', deployment: candidate }, { flags: ['shadow', 'judge_tied'] })
    const found = await reader.quality({ task, ...everything })
    expect(found).toMatchObject([
      { deployment: candidate, judged: 5, judgedBetter: 2, judgedNotWorse: 4, judgeFailures: 1, compared: 0 },
    ])
  })

  it('looks at the time that is asked for, and knows nothing of a task without calls', async () => {
    const { reader } = under.storage
    const task = unique('task')
    const createdAt = Date.now() - 1_000_000
    await called({ task, createdAt })
    const of = async (from: number, to: number) => (await reader.quality({ task, from, to })).length
    expect([await of(createdAt, createdAt + 1), await of(createdAt + 1, Date.now()), await of(0, createdAt)]).toEqual([
      1, 0, 0,
    ])
    expect(await reader.quality({ task: unique('task'), ...everything })).toEqual([])
  })
}

import { describe, expect, it } from 'vitest'
import type { QualityEvidence } from '../../storage/contracts/quality-evidence.ts'
import { qualityRows } from './quality-report.ts'

function seen(deployment: string, changes: Partial<QualityEvidence> = {}): QualityEvidence {
  return {
    deployment,
    attempts: 1000,
    answers: 1000,
    valid: 980,
    incomplete: 5,
    invalid: 15,
    refused: 0,
    errors: 0,
    compared: 0,
    notWorse: 0,
    better: 0,
    judged: 0,
    judgedBetter: 0,
    judgedNotWorse: 0,
    judgeFailures: 0,
    cost: 10_000_000_000n,
    meanLatencyMs: 120.4,
    p95LatencyMs: 300,
    feedback: 0,
    meanScore: null,
    ...changes,
  }
}

const BAR = { metric: 'valid', atLeast: 0.95, confidence: 0.95 } as const

describe('the report on quality', () => {
  it('has a row for each model, the cheapest first, and names the cheapest that meets the bar', () => {
    const rows = qualityRows({ name: 'answer', bar: BAR }, [
      seen('a/usual'),
      seen('b/candidate', { cost: 1_000_000_000n, valid: 970 }),
      seen('c/bad', { cost: 100_000_000n, valid: 700 }),
    ])
    expect(rows.map(({ model, verdict, is_cheapest: best }) => [model, verdict, best])).toEqual([
      ['c/bad', 'fails', false],
      ['b/candidate', 'meets', true],
      ['a/usual', 'meets', false],
    ])
    expect(rows[2]).toMatchObject({
      ...{ task: 'answer', answers: 1000, valid_rate: 0.98, valid_low: 0.96931, valid_high: 0.987016 },
      ...{ incomplete_rate: 0.005, invalid_rate: 0.015, error_rate: 0, cost_usd_per_answer: 0.01, latency_ms: 120 },
    })
    expect(rows[0]?.advice).toBe(
      'The cheapest model that meets the bar (valid ≥ 0.95) is b/candidate, with 95 % confidence.',
    )
  })

  it('shows refusals apart', () => {
    const [row] = qualityRows({ name: 'answer', bar: BAR }, [seen('a/careful', { valid: 600, refused: 380 })])
    expect(row).toMatchObject({ refused_rate: 0.38, valid_rate: 0.6, verdict: 'fails' })
  })

  it('says how much more must be seen', () => {
    const rows = qualityRows({ name: 'answer', bar: BAR }, [
      seen('a/usual', { answers: 50, valid: 49, attempts: 50 }),
      seen('b/candidate', { answers: 10, valid: 10, attempts: 10, cost: 1n }),
    ])
    expect(rows[0]).toMatchObject({ model: 'b/candidate', verdict: 'undecided', n: 10 })
    expect(rows[0]?.advice).toMatch(
      /^Not enough evidence for the bar \(valid ≥ 0.95\): about \d+ more answers of b\/candidate\.$/,
    )
  })

  it('goes by the scores of users where the bar does', () => {
    const bar = { metric: 'feedback', atLeast: 0.2, confidence: 0.9 } as const
    const rows = qualityRows({ name: 'answer', bar }, [
      seen('a/liked', { feedback: 400, meanScore: 0.4 }),
      seen('b/neutral', { feedback: 400, meanScore: 0, cost: 1n }),
      seen('c/unknown', { cost: 2n }),
    ])
    expect(rows.map(({ model, verdict, quality }) => [model, verdict, quality])).toEqual([
      ['b/neutral', 'fails', 0],
      ['c/unknown', 'undecided', null],
      ['a/liked', 'meets', 0.4],
    ])
    expect(rows[0]?.advice).toContain(
      'is a/liked, with 90 % confidence. Of c/unknown, which costs less, it cannot be told.',
    )
  })

  it('goes by what came of comparisons where the bar does', () => {
    const bar = { metric: 'judge', atLeast: 0.9, confidence: 0.95 } as const
    const rows = qualityRows({ name: 'answer', bar }, [
      seen('a/usual'),
      seen('b/candidate', { cost: 1n, compared: 400, notWorse: 390 }),
    ])
    expect(rows[0]).toMatchObject({ model: 'b/candidate', n: 400, not_worse_rate: 0.975, is_cheapest: true })
    expect(rows[1]).toMatchObject({ model: 'a/usual', n: 0, verdict: 'undecided', not_worse_low: null })
  })

  it('goes by what a model said where one judges, and shows both', () => {
    const bar = { metric: 'judge', atLeast: 0.9, confidence: 0.95 } as const
    const rows = qualityRows({ name: 'answer', bar, judgedByModel: true }, [
      seen('b/candidate', {
        cost: 1n,
        compared: 400,
        notWorse: 400,
        judged: 300,
        judgedNotWorse: 150,
        judgedBetter: 30,
      }),
    ])
    expect(rows[0]).toMatchObject({
      ...{ n: 300, quality: 0.5, verdict: 'fails', not_worse_rate: 1, compared: 400 },
      ...{ judged: 300, judged_better_rate: 0.1, judged_not_worse_rate: 0.5, judge_failures: 0 },
      ...{ judged_not_worse_low: 0.44378, judged_not_worse_high: 0.55622 },
    })
  })

  it('shows what is known where nobody set a bar', () => {
    const [row] = qualityRows({ name: 'answer', bar: null }, [seen('a/usual', { answers: 0, valid: 0 })])
    expect(row).toMatchObject({ valid_rate: null, valid_low: null, verdict: null, is_cheapest: false, advice: null })
  })
})

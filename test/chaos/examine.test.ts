import { describe, expect, it } from 'vitest'
import type { MadeCall } from './call.ts'
import { type Testimony, type UpstreamCall, wrongBooks, wrongRows } from './examine.ts'
import type { BudgetBooks, LedgerRow } from './ledger-view.ts'

/*
 * A judge who never says no proves nothing: each kind of lie is planted here and must be found, and the truth must pass.
 */

const PRICES = { input: 1_000n, output: 10_000n }

const call = (name: string, seen: MadeCall['seen']): MadeCall => ({
  name,
  tenant: 'c1',
  user: null,
  feature: 'load',
  dialect: 'openai',
  model: 'first',
  stream: true,
  maxTokens: 30,
  leavesAfterMs: null,
  seen,
  code: null,
  latencyMs: 10,
})
const asked = (name: string, more: Partial<UpstreamCall> = {}): UpstreamCall => ({
  name,
  provider: 'oa',
  completed: true,
  inputTokens: 3,
  outputTokens: 7,
  ...more,
})
const row = (name: string, more: Partial<LedgerRow> = {}): LedgerRow => ({
  name,
  attempt: 1,
  provider: 'oa',
  status: 'completed',
  inputTokens: 3,
  outputTokens: 7,
  estimated: false,
  cost: 73_000n,
  cut: false,
  correction: null,
  ...more,
})

/** A good call, one that fell back, one that was refused and one that a crash cut off. */
const TRUTH: Testimony = {
  made: [call('good', 'whole'), call('fell', 'whole'), call('poor', 'refused'), call('lost', 'unreachable')],
  upstream: [
    asked('good'),
    asked('fell', { completed: false, inputTokens: 0, outputTokens: 0 }),
    asked('fell', { provider: 'an' }),
    asked('lost', { completed: false, outputTokens: 2 }),
  ],
  rows: [
    row('good'),
    row('fell', { status: 'failed', inputTokens: 0, outputTokens: 0, cost: 0n }),
    row('fell', { attempt: 2, provider: 'an' }),
    row('poor', { attempt: 0, provider: null, status: 'refused', inputTokens: 0, outputTokens: 0, cost: 0n }),
    row('lost', { status: 'presumed_spent', inputTokens: 0, outputTokens: 0, cost: 400_000n }),
  ],
}

const LIES: readonly (readonly [string, Partial<Testimony>, RegExp])[] = [
  ['a call without its row', { rows: TRUTH.rows.slice(1) }, /good at oa: the provider was called and no row/],
  [
    'a fallback without its row',
    { rows: TRUTH.rows.toSpliced(2, 1) },
    /fell at an: the provider was called and no row/,
  ],
  ['a row twice', { rows: [...TRUTH.rows, row('good')] }, /good at oa: two rows/],
  [
    'a cost that its tokens are not worth',
    { rows: [row('good', { cost: 73_001n }), ...TRUTH.rows.slice(1)] },
    /worth 73000/,
  ],
  [
    'tokens that were not billed',
    { rows: [row('good', { outputTokens: 8, cost: 83_000n }), ...TRUTH.rows.slice(1)] },
    /costs 83000, billed 73000/,
  ],
  ['a call that no provider saw', { rows: [...TRUTH.rows, row('dream')] }, /dream at oa .*never called/],
  [
    'a bound below the bill',
    { rows: [...TRUTH.rows.slice(0, 4), row('lost', { status: 'presumed_spent', cost: 1n })] },
    /presumed to cost 1, billed 23000/,
  ],
  [
    'a correction that tells no truth',
    { rows: [row('good', { status: 'presumed_spent', cost: 90_000n, correction: 16_000n }), ...TRUTH.rows.slice(1)] },
    /presumed to cost 74000, billed 73000/,
  ],
  [
    'an end that was seen and not charged',
    { rows: [row('good', { status: 'presumed_spent' }), ...TRUTH.rows.slice(1)] },
    /good: the caller saw the end, and no row says completed/,
  ],
  [
    'a broken answer that passed for a whole one',
    { upstream: [asked('good', { completed: false }), ...TRUTH.upstream.slice(1)] },
    /good: a broken answer passed/,
  ],
]

describe('the rows of calls', () => {
  it('are right when all witnesses agree', () => {
    expect(wrongRows(TRUTH, PRICES)).toEqual([])
  })

  it('are right when a presumed cost was corrected', () => {
    const [, ...others] = TRUTH.rows
    const corrected = row('good', { status: 'presumed_spent', cost: 90_000n, correction: 17_000n })
    expect(wrongRows({ ...TRUTH, rows: [corrected, ...others] }, PRICES)).toEqual([])
  })

  it('are right when a stream was ended for want of money', () => {
    const [, ...rows] = TRUTH.rows
    const [, ...upstream] = TRUTH.upstream
    const cut = row('good', { status: 'incomplete', cut: true, estimated: true, outputTokens: 5, cost: 53_000n })
    const ended = { ...TRUTH, rows: [cut, ...rows], upstream: [asked('good', { completed: false }), ...upstream] }
    expect(wrongRows(ended, PRICES)).toEqual([])
  })

  it('are right when a gateway died while more of a stream was on its way than it held', () => {
    const lost = { ...call('lost', 'unreachable'), maxTokens: 600 }
    const rows = [...TRUTH.rows.slice(0, 4), row('lost', { status: 'presumed_spent', cost: 1n })]
    expect(wrongRows({ ...TRUTH, made: [...TRUTH.made.slice(0, 3), lost], rows }, PRICES)).toEqual([])
  })

  it.each(LIES)('are wrong with %s', (_, lie, verdict) => {
    expect(wrongRows({ ...TRUTH, ...lie }, PRICES).join('\n')).toMatch(verdict)
  })
})

describe('the books of a budget', () => {
  const books: BudgetBooks = {
    key: 'tenant=c1/usd/day',
    posted: 5n,
    sliced: 3n,
    slices: 3n,
    used: 5n,
    beyond: -1n,
    passed: 0,
    presumedTwice: 0n,
  }

  it.each([
    [[books], []],
    [[{ ...books, posted: 6n }], ['tenant=c1/usd/day: posted 6, and its rows add up to 5']],
    [[books, { ...books, slices: 2n }], ['tenant=c1/usd/day: sliced 3, and its slices add up to 2']],
    [[{ ...books, beyond: 1n }], ['tenant=c1/usd/day: 1 beyond its limit, and 0 may be']],
    [[{ ...books, beyond: 13n, passed: 1, presumedTwice: 3n }], []],
    [[{ ...books, beyond: 21n, passed: 2 }], ['tenant=c1/usd/day: 21 beyond its limit, and 20 may be']],
  ])('must equal their rows and slices and keep within their limit: %o', (given, wrong) => {
    expect(wrongBooks(given, 10n)).toEqual(wrong)
  })
})

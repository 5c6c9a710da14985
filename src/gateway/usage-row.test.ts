import { describe, expect, it } from 'vitest'
import type { CallContext } from '../access/context.ts'
import { IN_PROCESS } from '../access/principal.ts'
import type { Usage } from '../canonical/usage.ts'
import { dialectOf } from '../dialects/registry.ts'
import { NOT_STREAMED } from '../execution/answer.ts'
import type { AttemptRecord } from '../execution/running-attempt.ts'
import { createPricing } from '../money/pricing.ts'
import type { Money } from '../money/reservation.ts'
import type { Deployment } from '../providers/deployment.ts'
import { presumedRow, type RowFacts, refusalRow, usageRow } from './usage-row.ts'

/** A nano-dollar a token in, ten a token out. */
const PRICE = {
  version: 'test',
  input: 1_000_000n,
  output: 10_000_000n,
  cacheRead: 100_000n,
  cacheReadAudio: 0n,
  cacheWrite5m: 1_250_000n,
  cacheWrite1h: 2_000_000n,
  reasoning: 10_000_000n,
  inputAudio: 0n,
  outputAudio: 0n,
  outputImage: 0n,
  tiers: [],
}
const money = createPricing() as unknown as Money
const INPUT_ESTIMATE = 500
const WORST_CASE = 1_000_000n

const facts: RowFacts = {
  traceId: 'tr_1',
  context: { tenantId: 'acme', userId: 'u', feature: 'f', promptVersion: 'v7', risk: 'read_only' } as CallContext,
  principal: IN_PROCESS,
  task: 'answer',
  route: 'large',
  estimatedCost: 7n,
  markup: 250_000_000n,
}

function deployment(abortStopsBilling = true): Deployment {
  const endpoint = { provider: 'host', region: 'eu', abortStopsBilling } as Deployment['endpoint']
  return {
    id: 'host/m',
    model: 'm',
    dialects: [],
    lacks: [],
    endpoint,
    price: PRICE,
    contextTokens: null,
    maxOutputTokens: null,
    quality: null,
  }
}

function rowOf(change: Partial<AttemptRecord>, usage: Usage | null = null, outputBytes = 0) {
  const record: AttemptRecord = {
    id: 'at_1',
    number: 2,
    deployment: deployment(),
    startedAt: 1_000,
    elapsedMs: 1,
    endedAt: 1,
    failure: null,
    latencyMs: 20,
    ttftMs: 5,
    status: 'completed',
    errorCode: null,
    summary: { model: 'm-1', usage, finishReason: 'stop', outputBytes, toolCalls: 0, ...NOT_STREAMED },
    mayCost: true,
    ...change,
  }
  return usageRow(facts, record, money, INPUT_ESTIMATE, WORST_CASE)
}

describe('the row of an attempt', () => {
  it('holds what the provider counted, priced to the nano-dollar', () => {
    const row = rowOf({}, { inputUncached: 100, cacheRead: 900, cacheWrite5m: 8, outputText: 20, reasoning: 5 })
    expect(row).toMatchObject({
      id: 'at_1',
      attempt: 2,
      tenantId: 'acme',
      deployment: 'host/m',
      region: 'eu',
      inputTokens: 1_008,
      cachedTokens: 900,
      cacheWriteTokens: 8,
      outputTokens: 25,
      reasoningTokens: 5,
      cost: 100n + 90n + 10n + 250n,
      charge: 563n,
      priceVersion: 'test',
      usageEstimated: false,
      finishReason: 'stop',
    })
  })

  it('is estimated from what flowed when the provider counted nothing', () => {
    expect(rowOf({}, null, 401)).toMatchObject({
      inputTokens: INPUT_ESTIMATE,
      outputTokens: 101,
      cost: 500n + 1_010n,
      usageEstimated: true,
    })
  })

  it('of a cut stream takes the prompt as the provider counted it, and the answer as it flowed', () => {
    const scanner = dialectOf('anthropic-messages').relayScanner({ keepUsage: true })
    const start = { model: 'm', usage: { input_tokens: 100, cache_read_input_tokens: 900, output_tokens: 1 } }
    scanner.scan(
      Buffer.from(`event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: start })}\n\n`),
    )
    const { usage = null } = scanner.seen
    expect(rowOf({ status: 'client_gone' }, usage, 400)).toMatchObject({
      inputTokens: 1_000,
      outputTokens: 100,
      cost: 100n + 90n + 1_000n,
      usageEstimated: true,
    })
  })

  it('of a cut stream never books less than the provider counted', () => {
    const usage = { inputUncached: 10, outputText: 50, reasoning: 7 }
    expect(rowOf({ status: 'incomplete' }, usage, 8)).toMatchObject({ outputTokens: 57, usageEstimated: false })
    expect(rowOf({ status: 'incomplete' }, usage, 800)).toMatchObject({ outputTokens: 200, usageEstimated: true })
  })

  it('of an answer that was ended for money is what the meter counted, and an estimate', () => {
    const metered = { inputUncached: 90, outputText: 30 }
    const said = { inputUncached: 100 }
    const cut = { model: 'm-1', finishReason: 'length', outputBytes: 4_000, toolCalls: 0, contentEvents: 30 } as const
    for (const usage of [said, null]) {
      const summary = { ...cut, usage, metered, cut: true }
      expect(rowOf({ status: 'incomplete', summary })).toMatchObject({
        status: 'incomplete',
        finishReason: 'length',
        inputTokens: 90,
        outputTokens: 30,
        cost: 390n,
        usageEstimated: true,
      })
    }
  })

  it('of a stream that broke otherwise is what the meter counted, if the provider counted less', () => {
    const streamed = {
      model: 'm-1',
      finishReason: null,
      outputBytes: 4_000,
      toolCalls: 0,
      contentEvents: 30,
      cut: false,
    }
    const summary = { ...streamed, usage: null, metered: { inputUncached: 90, outputText: 30 } }
    expect(rowOf({ status: 'incomplete', summary })).toMatchObject({ inputTokens: 90, outputTokens: 30 })
    const counted = { ...summary, usage: { inputUncached: 100, outputText: 40 } }
    expect(rowOf({ status: 'incomplete', summary: counted })).toMatchObject({ inputTokens: 100, outputTokens: 40 })
  })

  it('costs nothing when nothing can have been charged', () => {
    const failed = rowOf({ status: 'failed', errorCode: 'upstream_failed', summary: null, mayCost: false })
    expect(failed).toMatchObject({ cost: 0n, inputTokens: 0, usageEstimated: false, errorCode: 'upstream_failed' })
  })

  it('books the prompt when a failed attempt may have been charged', () => {
    expect(rowOf({ status: 'failed', summary: null })).toMatchObject({ cost: 500n, usageEstimated: true })
  })

  it.each([
    ['client_gone', null, WORST_CASE],
    ['failed', 'upstream_timeout', WORST_CASE],
    ['incomplete', 'upstream_timeout', WORST_CASE],
    ['incomplete', 'upstream_truncated', 110n],
    ['completed', null, 110n],
  ] as const)('of a provider that bills on when we hang up: %s %s', (status, errorCode, cost) => {
    const usage = { inputUncached: 10, outputText: 10 }
    expect(rowOf({ status, errorCode, deployment: deployment(false) }, usage)).toMatchObject({ cost })
    expect(rowOf({ status, errorCode, deployment: deployment(true) }, usage)).toMatchObject({ cost: 110n })
  })

  it('says how the call asked to be served and how it was, and pays for that and for tools', () => {
    const ordinary = { ...PRICE, fees: { webSearches: 10_000n * 1_000_000_000n } }
    const price = {
      ...ordinary,
      serviceTiers: { priority: { ...ordinary, version: 'test#priority', output: 20_000_000n } },
    }
    const asking = { ...deployment(), price, asked: { serviceTier: 'priority', toolUses: { webSearches: 5 } } }
    const used = { inputUncached: 10, outputText: 10, webSearches: 2 }
    expect(rowOf({ deployment: asking }, { ...used, serviceTier: 'priority' })).toMatchObject({
      cost: 10n + 200n + 20_000_000n,
      toolFees: 20_000_000n,
      priceVersion: 'test#priority',
      serviceTierAsked: 'priority',
      serviceTier: 'priority',
    })
    expect(rowOf({ deployment: asking }, { ...used, serviceTier: 'default' })).toMatchObject({
      cost: 10n + 100n + 20_000_000n,
      priceVersion: 'test',
      serviceTierAsked: 'priority',
      serviceTier: 'default',
    })
    // Nobody says how it was served: what was asked for counts.
    expect(rowOf({ deployment: asking }, used)).toMatchObject({ priceVersion: 'test#priority', serviceTier: null })
  })

  it('of a failed attempt is what its error says was used, and priced with it', () => {
    const change = { status: 'failed', errorCode: 'upstream_failed', mayCost: true } as const
    expect(rowOf(change, { inputUncached: 40, outputText: 6 })).toMatchObject({
      cost: 40n + 60n,
      inputTokens: 40,
      outputTokens: 6,
      status: 'failed',
      usageEstimated: false,
    })
  })

  it('of a cut answer counts the tools that it was allowed, unless the provider counted them', () => {
    const price = { ...PRICE, fees: { webSearches: 10_000n * 1_000_000_000n } }
    const searching = { ...deployment(), price, asked: { toolUses: { webSearches: 3 } } }
    const cut = { status: 'client_gone', deployment: searching } as const
    expect(rowOf(cut, { inputUncached: 10, outputText: 9 }, 4)).toMatchObject({
      toolFees: 30_000_000n,
      usageEstimated: true,
    })
    expect(rowOf(cut, { inputUncached: 10, outputText: 9, webSearches: 1 }, 4)).toMatchObject({
      toolFees: 10_000_000n,
      usageEstimated: false,
    })
    expect(rowOf(cut, { inputUncached: 10 }, 0)).toMatchObject({ toolFees: 0n })
    expect(rowOf({ deployment: searching }, { inputUncached: 10 }, 4)).toMatchObject({ toolFees: 0n })
  })

  it('of a model without a price says so', () => {
    const unpriced = rowOf({ deployment: { ...deployment(), price: null } }, { inputUncached: 10 })
    expect(unpriced).toMatchObject({ cost: 0n, priceVersion: 'unknown' })
  })
})

it('a presumed row is the attempt at its bound', () => {
  const running = { id: 'at_1', number: 1, deployment: deployment(), startedAt: 1_000 }
  expect(
    presumedRow(facts, running, { cost: WORST_CASE, inputTokens: INPUT_ESTIMATE, outputTokens: 77 }),
  ).toMatchObject({
    id: 'at_1',
    attempt: 1,
    status: 'presumed_spent',
    cost: WORST_CASE,
    charge: 1_250_000n,
    inputTokens: INPUT_ESTIMATE,
    outputTokens: 77,
    usageEstimated: true,
  })
})

it('a refusal is a row without an attempt, a deployment or a cost', () => {
  const outcome = { status: 'refused', error: null } as const
  expect(refusalRow(facts, 'at_1', outcome, { createdAt: 1, latencyMs: 2 })).toMatchObject({
    attempt: 0,
    deployment: null,
    cost: 0n,
    priceVersion: null,
    status: 'refused',
  })
})

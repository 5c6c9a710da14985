import { Registry } from 'prom-client'
import { beforeEach, describe, expect, it } from 'vitest'
import type { UsageRow } from '../../storage/contracts/ledger-store.ts'
import { CallMetrics, type CountedCall } from './call-metrics.ts'
import { knownNames } from './known-names.ts'

let registry: Registry
let calls: CallMetrics
beforeEach(() => {
  registry = new Registry()
  calls = new CallMetrics(registry, knownNames(['answer'], ['oa'], ['oa/m']))
})

/** The lines of a metric, without help and type. */
async function linesOf(name: string): Promise<readonly string[]> {
  const text = await registry.metrics()
  return text.split('\n').filter((line) => line.startsWith(name))
}

const row = (more: Partial<UsageRow> = {}) =>
  ({
    deployment: 'oa/m',
    provider: 'oa',
    inputTokens: 10,
    outputTokens: 5,
    cachedTokens: 4,
    cacheWriteTokens: 0,
    reasoningTokens: 2,
    cache: null,
    ...more,
  }) as UsageRow

const call = (more: Partial<CountedCall> = {}): CountedCall => ({
  task: 'answer',
  status: 'completed',
  errorCode: null,
  usage: [row()],
  cost: 1_500_000_000n,
  fallbackReason: null,
  isDowngrade: false,
  ttftMs: null,
  ...more,
})

const STRANGE = row({ deployment: 'oa/made-up-1', provider: 'oa' })

describe('a closed call', () => {
  it('is counted with its tokens and its cost', async () => {
    calls.closed(call())
    calls.closed(call())
    expect(await linesOf('headgate_requests_total')).toEqual([
      'headgate_requests_total{task="answer",model="m",provider="oa",status="completed"} 2',
    ])
    expect(await linesOf('headgate_tokens_total')).toEqual([
      'headgate_tokens_total{kind="input",model="m"} 20',
      'headgate_tokens_total{kind="output",model="m"} 10',
      'headgate_tokens_total{kind="cached",model="m"} 8',
      'headgate_tokens_total{kind="reasoning",model="m"} 4',
    ])
    expect(await linesOf('headgate_cost_usd_total')).toEqual(['headgate_cost_usd_total 3'])
  })

  it('cannot make a series of a name that it brings', async () => {
    for (let number = 0; number < 50; number += 1) {
      const provider = `p${number}`
      calls.closed(call({ task: `t${number}`, usage: [row({ deployment: `${provider}/m${number}`, provider })] }))
      calls.upstreamFailed(provider, 'timeout')
    }
    calls.closed(call({ usage: [STRANGE] }))
    calls.closed(call({ task: null, status: 'refused', errorCode: 'invalid_api_key', usage: [] }))
    expect(await linesOf('headgate_requests_total')).toEqual([
      'headgate_requests_total{task="other",model="other",provider="other",status="completed"} 50',
      'headgate_requests_total{task="answer",model="other",provider="oa",status="completed"} 1',
      'headgate_requests_total{task="none",model="none",provider="none",status="refused"} 1',
    ])
    expect(await linesOf('headgate_upstream_errors_total')).toEqual([
      'headgate_upstream_errors_total{provider="other",class="timeout"} 50',
    ])
  })

  it('has the names of the newest configuration', async () => {
    calls.rename(knownNames([], ['oa'], ['oa/made-up-1']))
    calls.closed(call({ usage: [STRANGE] }))
    expect(await linesOf('headgate_requests_total')).toEqual([
      'headgate_requests_total{task="other",model="made-up-1",provider="oa",status="completed"} 1',
    ])
  })

  it('that was refused is counted by its code', async () => {
    calls.closed(call({ status: 'refused', errorCode: 'rate_limited', usage: [row({ deployment: null })] }))
    calls.rejected('request_too_large')
    expect(await linesOf('headgate_rejections_total')).toEqual([
      'headgate_rejections_total{code="rate_limited"} 1',
      'headgate_rejections_total{code="request_too_large"} 1',
    ])
    expect(await linesOf('headgate_tokens_total')).toEqual([])
  })

  it('that fell back is counted under every reason, with what it cost and whether it is worse', async () => {
    calls.closed(call({ fallbackReason: 'limit,timeout', isDowngrade: true }))
    calls.closed(call({ fallbackReason: 'timeout' }))
    expect(await linesOf('headgate_fallbacks_total')).toEqual([
      'headgate_fallbacks_total{reason="limit"} 1',
      'headgate_fallbacks_total{reason="timeout"} 2',
    ])
    expect(await linesOf('headgate_downgrades_total')).toEqual([
      'headgate_downgrades_total{reason="limit"} 1',
      'headgate_downgrades_total{reason="timeout"} 1',
    ])
    expect(await linesOf('headgate_fallback_cost_usd_total')).toEqual(['headgate_fallback_cost_usd_total 3'])
  })

  it('costs what it costs, to the nano-dollar', async () => {
    for (let number = 0; number < 1000; number += 1) calls.closed(call({ cost: 1n }))
    expect(await linesOf('headgate_cost_usd_total')).toEqual(['headgate_cost_usd_total 0.000001'])
  })
})

describe('times', () => {
  it('are told in seconds, and the overhead is what providers did not take', async () => {
    calls.ended(1200, 1199)
    calls.ended(40, 90)
    calls.closed(call({ ttftMs: 300 }))
    expect(await linesOf('headgate_request_duration_seconds_sum')).toEqual([
      'headgate_request_duration_seconds_sum 1.24',
    ])
    expect(await linesOf('headgate_gateway_overhead_seconds')).toContain(
      'headgate_gateway_overhead_seconds_bucket{le="0.001"} 2',
    )
    expect(await linesOf('headgate_time_to_first_token_seconds_sum')).toEqual([
      'headgate_time_to_first_token_seconds_sum 0.3',
    ])
  })
})

describe('more times than wait to be told', () => {
  it('are all told, once', async () => {
    for (let call = 0; call < 1_000; call += 1) calls.ended(20, 0)
    expect(await linesOf('headgate_request_duration_seconds_count')).toEqual([
      'headgate_request_duration_seconds_count 1000',
    ])
    calls.ended(20, 0)
    expect(await linesOf('headgate_request_duration_seconds_count')).toEqual([
      'headgate_request_duration_seconds_count 1001',
    ])
  })
})

describe('two gateways in one process', () => {
  it('count apart', async () => {
    new CallMetrics(new Registry(), knownNames([], [], [])).rejected('internal')
    expect(await linesOf('headgate_rejections_total')).toEqual([])
  })
})

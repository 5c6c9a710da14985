import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { NOT_STREAMED } from './answer.ts'
import { AttemptFailure, type FailureClass } from './attempt-failure.ts'
import { retryPauseMs } from './retry.ts'
import { RetryBudget } from './retry-budget.ts'

const failed = (failure: FailureClass, retryAfterMs: number | null = null) =>
  new AttemptFailure(failure, new GatewayError('upstream_failed', 'No.'), false, null, retryAfterMs)

const pauseOf = (change: Partial<Parameters<typeof retryPauseMs>[0]> = {}) =>
  retryPauseMs({
    failure: failed('server_error'),
    policy: { attempts: 1, backoffMs: 200, invalidOutput: 1 },
    retries: 0,
    leftMs: 60_000,
    othersLeft: true,
    random: () => 0.5,
    ...change,
  })

describe('the pause before a retry', () => {
  it('is a part by chance of the backoff, which doubles', () => {
    const policy = { attempts: 3, backoffMs: 200, invalidOutput: 1 }
    expect([0, 1, 2, 3].map((retries) => pauseOf({ policy, retries }))).toEqual([100, 200, 400, null])
    expect(pauseOf({ random: () => 0 })).toBe(0)
  })

  it.each<FailureClass>([
    'timeout',
    'credential',
    'context_length',
    'content_filter',
    'invalid_request',
    'invalid_response',
    'client_gone',
    'kill_switch_on',
  ])('is none after %s', (failure) => {
    expect(pauseOf({ failure: failed(failure) })).toBeNull()
  })

  it('is none after an attempt of which the provider counted something', () => {
    const counted = failed('server_error').of({
      ...NOT_STREAMED,
      model: 'm',
      usage: {},
      finishReason: null,
      outputBytes: 0,
      toolCalls: 0,
    })
    expect(pauseOf({ failure: counted })).toBeNull()
  })

  it('is as long as the provider says: ten seconds when nobody else can be asked, else two, and no great part of the deadline', () => {
    const failure = failed('rate_limited', 2_000)
    expect(pauseOf({ failure, othersLeft: false })).toBe(2_000)
    expect(pauseOf({ failure })).toBe(2_000)
    expect(pauseOf({ failure, leftMs: 7_999 })).toBeNull()
    expect(pauseOf({ failure: failed('rate_limited', 2_001) })).toBeNull()
    expect(pauseOf({ failure: failed('rate_limited', 150) })).toBe(150)
    expect(pauseOf({ failure: failed('rate_limited', 60_000), othersLeft: false })).toBeNull()
  })

  it('never goes beyond the deadline', () => {
    expect(pauseOf({ failure: failed('rate_limited', 2_000), othersLeft: false, leftMs: 1_999 })).toBeNull()
    expect(pauseOf({ leftMs: 100 })).toBeNull()
  })
})

describe('a budget of retries', () => {
  it('is a tenth of the calls and three more, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (wantsRetry) => {
        const budget = new RetryBudget({ now: () => 0, monotonic: () => 0 })
        let retries = 0
        for (const [calls, wants] of wantsRetry.entries()) {
          budget.called()
          if (wants && budget.has()) {
            budget.take()
            retries += 1
          }
          expect(retries).toBeLessThanOrEqual(3 + (calls + 1) * 0.1 + 1e-9)
        }
      }),
    )
  })

  it('saves up no storm, and is not used up for ever', () => {
    let at = 0
    const budget = new RetryBudget({ now: () => at, monotonic: () => at })
    for (let call = 0; call < 10_000; call += 1) budget.called()
    let retries = 0
    const useUp = () => {
      while (budget.has()) {
        budget.take()
        retries += 1
      }
    }
    useUp()
    expect(retries).toBe(10)
    at += 60_000
    useUp()
    expect(retries).toBe(11)
  })
})

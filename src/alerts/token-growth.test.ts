import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openMemoryStorage } from '../storage/memory/open.ts'
import type { Alert } from './alert.ts'
import { type TokenGrowthOptions, type TokenGrowthPolicy, watchTokenGrowth } from './token-growth.ts'

const HOUR: TokenGrowthPolicy = { factor: 3, windowMs: 3_600_000, per: 'tenant' }
const clock = { now: () => Date.now(), monotonic: () => Date.now() }

const ends: (() => void)[] = []
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  for (const end of ends.splice(0)) end()
  vi.useRealTimers()
})

function watch(more: Partial<TokenGrowthOptions> = {}) {
  const { alerts: store } = openMemoryStorage({ clock })
  const tokenGrowth = vi.fn(async () => [{ scope: { tenant: 'acme' }, tokens: 9_000, usualTokens: 1_000 }])
  const raised: Alert[] = []
  const raise = (alert: Alert) => void raised.push(alert)
  const log = { warn: vi.fn() }
  const options = { policy: () => HOUR, reader: { tokenGrowth }, store, raise, clock, log, ...more }
  ends.push(watchTokenGrowth(options))
  return { raised, tokenGrowth, store, log, raise }
}

describe('the watch over token growth', () => {
  it('asks the ledger several times in a window, and raises what has grown, quiet for a window', async () => {
    const { raised, tokenGrowth } = watch()
    await vi.advanceTimersByTimeAsync(HOUR.windowMs)
    expect(tokenGrowth).toHaveBeenCalledWith(HOUR)
    expect(tokenGrowth.mock.calls.length).toBeGreaterThan(6)
    expect(raised[0]).toEqual({
      key: 'token_growth/tenant=acme',
      kind: 'token_growth',
      scope: { tenant: 'acme' },
      message: 'tenant=acme used 9000 tokens in the last 3600 s, 9.0 times the usual 1000.',
      details: { tokens: 9_000, usual_tokens: 1_000, window_ms: 3_600_000 },
      quietMs: 3_600_000,
    })
  })

  it('lets one of several instances ask at a time', async () => {
    const one = watch()
    const other = watch({ store: one.store })
    await vi.advanceTimersByTimeAsync(HOUR.windowMs)
    const alone = 12
    expect(one.tokenGrowth.mock.calls.length + other.tokenGrowth.mock.calls.length).toBeLessThanOrEqual(alone + 1)
  })

  it('rests while nobody asked for it', async () => {
    const { tokenGrowth } = watch({ policy: () => null })
    await vi.advanceTimersByTimeAsync(HOUR.windowMs)
    expect(tokenGrowth).not.toHaveBeenCalled()
  })

  it('goes on after the ledger was away', async () => {
    const tokenGrowth = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue([])
    const { log } = watch({ reader: { tokenGrowth } })
    await vi.advanceTimersByTimeAsync(HOUR.windowMs)
    expect(log.warn).toHaveBeenCalledTimes(1)
    expect(tokenGrowth.mock.calls.length).toBeGreaterThan(6)
  })
})

import { describe, expect, it, vi } from 'vitest'
import type { Deployment, ModelPrice } from '../providers/deployment.ts'
import { createPriceWatch } from './price-watch.ts'

const deployment = (id: string, version: string | null): Deployment =>
  ({ id, price: version === null ? null : ({ version } as ModelPrice) }) as Deployment

function world(policy: 'refuse' | 'ceiling' | 'flag') {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const raise = vi.fn()
  return { log, raise, watch: createPriceWatch(policy, log, raise) }
}

describe('the watch over prices', () => {
  it('flags each call on a price that nobody knows, and tells operators once a model', () => {
    const { log, raise, watch } = world('flag')
    expect(watch(deployment('a/new', 'unknown'))).toBe('unknown_price')
    expect(watch(deployment('a/new', 'unknown'))).toBe('unknown_price')
    expect(watch(deployment('b/new', 'unknown'))).toBe('unknown_price')
    expect(log.warn).toHaveBeenCalledTimes(2)
    expect(raise.mock.calls.map(([alert]) => [alert.kind, alert.key])).toEqual([
      ['unknown_price', 'unknown_price/a/new'],
      ['unknown_price', 'unknown_price/b/new'],
    ])
  })

  it('is silent about them under a ceiling that operators chose', () => {
    const { log, raise, watch } = world('ceiling')
    expect(watch(deployment('a/new', 'unknown'))).toBeNull()
    expect(log.warn).not.toHaveBeenCalled()
    expect(raise).not.toHaveBeenCalled()
  })

  it('flags prices that were guessed, under every policy', () => {
    const { log, raise, watch } = world('refuse')
    expect(watch(deployment('a/m', 'genai-prices@0.1.8:a/m~guess'))).toBe('guessed_price')
    expect(watch(deployment('a/m', 'genai-prices@0.1.8:a/m'))).toBeNull()
    expect(watch(deployment('a/m', null))).toBeNull()
    expect(log.warn).toHaveBeenCalledOnce()
    expect(raise).not.toHaveBeenCalled()
  })
})

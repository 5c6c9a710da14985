import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../canonical/request.ts'
import { promptCacheKeyFor } from './prompt-cache.ts'

function asking(...segments: readonly (string | null)[]): CanonicalRequest {
  return {
    model: 'm',
    stream: false,
    messages: segments.map((cacheKey) => ({
      role: 'system',
      content: [{ type: 'text', text: 'rules', ...(cacheKey === null ? {} : { cacheKey }) }],
    })),
  }
}

describe('the key of a cached prompt', () => {
  it('is absent when the call names no stable segment', () => {
    expect(promptCacheKeyFor(asking(null, null), 'acme')).toBeUndefined()
  })

  it('is the same for the same segments of the same tenant', () => {
    expect(promptCacheKeyFor(asking('support-v7', null), 'acme')).toBe(promptCacheKeyFor(asking('support-v7'), 'acme'))
  })

  it('differs between tenants, so that none can time what another asked', () => {
    expect(promptCacheKeyFor(asking('support-v7'), 'acme')).not.toBe(promptCacheKeyFor(asking('support-v7'), 'globex'))
  })

  it('differs when a segment changes, and cannot be forged by joining names', () => {
    const keys = [asking('a', 'b'), asking('a,b'), asking('b', 'a'), asking('ab')].map((one) =>
      promptCacheKeyFor(one, 't'),
    )
    expect(new Set(keys).size).toBe(4)
  })
})

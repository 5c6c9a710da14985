import { expect, test } from 'vitest'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { hasCacheKeys, promptCacheKeyFor } from './prompt-cache.ts'

function request(keys: readonly (string | undefined)[], more: Partial<CanonicalRequest> = {}): CanonicalRequest {
  const messages: Message[] = keys.map((cacheKey) => ({
    role: 'system',
    content: [{ type: 'text', text: 'x', ...(cacheKey === undefined ? {} : { cacheKey }) }],
  }))
  return { model: 'm', messages, stream: false, ...more }
}

test('a call without stable segments has no key', () => {
  expect(promptCacheKeyFor(request([undefined]), 'acme')).toBeUndefined()
  expect(hasCacheKeys(request([undefined]))).toBe(false)
})

test('the same segments of the same tenant give the same key, whatever stands between them', () => {
  const key = promptCacheKeyFor(request(['support-v7', 'policy-3']), 'acme')
  expect(promptCacheKeyFor(request(['support-v7', undefined, 'policy-3']), 'acme')).toBe(key)
  expect(key).toMatch(/^hg-[0-9a-f]{40}$/)
})

test('another tenant never shares a key, whatever it calls its segments', () => {
  const key = promptCacheKeyFor(request(['a', 'b']), 'acme')
  expect(promptCacheKeyFor(request(['a', 'b']), 'globex')).not.toBe(key)
  expect(promptCacheKeyFor(request(['acme', 'a', 'b']), '')).not.toBe(key)
  expect(promptCacheKeyFor(request(['b']), 'acme","a')).not.toBe(key)
})

test('another version, another order or a missing segment is another key', () => {
  const keys = [['a', 'b'], ['b', 'a'], ['a'], ['ab'], ['a,b'], ['a', 'b2']].map((names) =>
    promptCacheKeyFor(request(names), 't'),
  )
  expect(new Set(keys).size).toBe(6)
})

test('segments are found on tools and inside tool results too', () => {
  const text = { type: 'text', text: 'x', cacheKey: 'doc' } as const
  const inResult = request([], {
    messages: [{ role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', content: [text] }] }],
  })
  const onTool = request([], { tools: [{ type: 'function', name: 'f', cacheKey: 'tools-v1' }] })
  expect([hasCacheKeys(inResult), hasCacheKeys(onTool)]).toEqual([true, true])
  expect(promptCacheKeyFor(inResult, 't')).toBe(promptCacheKeyFor(request(['doc']), 't'))
})

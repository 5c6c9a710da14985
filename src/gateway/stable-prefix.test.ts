import { expect, test } from 'vitest'
import type { CanonicalRequest, Message } from '../canonical/request.ts'
import { stablePrefix } from './stable-prefix.ts'

function turn(role: Message['role'], text: string, cacheKey?: string): Message {
  return { role, content: [{ type: 'text', text, ...(cacheKey === undefined ? {} : { cacheKey }) }] }
}

function prefix(messages: readonly Message[], more: Partial<CanonicalRequest> = {}): string {
  return stablePrefix({ model: 'm', stream: false, messages, ...more })
}

const SYSTEM = turn('system', 'You are kind.')

test('the same system text and tools are the same beginning, whatever is asked then', () => {
  const one = prefix([SYSTEM, turn('user', 'Hi.')])
  expect(prefix([SYSTEM, turn('user', 'Ho.'), turn('assistant', 'x'), turn('user', 'y')])).toBe(one)
  expect(prefix([turn('system', 'You are rude.'), turn('user', 'Hi.')])).not.toBe(one)
  expect(prefix([SYSTEM, turn('user', 'Hi.')], { tools: [{ type: 'function', name: 'f' }] })).not.toBe(one)
})

test('without a system text the first turn is the beginning, so that a conversation stays where it is', () => {
  const begun = prefix([turn('user', 'Tell me a story.')])
  expect(prefix([turn('user', 'Tell me a story.'), turn('assistant', 'Once …'), turn('user', 'Go on.')])).toBe(begun)
  expect(prefix([turn('user', 'Tell me a joke.')])).not.toBe(begun)
})

test('named segments are the beginning where product code names some', () => {
  const named = prefix([turn('system', 'a', 'support-v7'), turn('user', 'Hi.')])
  expect(prefix([turn('system', 'a, slightly changed', 'support-v7'), turn('user', 'Ho.')])).toBe(named)
  expect(prefix([turn('system', 'a', 'support-v8'), turn('user', 'Hi.')])).not.toBe(named)
})

test('a call without any turn has a beginning too', () => {
  expect(prefix([])).toBe(prefix([]))
})

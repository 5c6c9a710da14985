/*
 * Prompt-cache marks.
 *
 * Anthropic caches the prompt up to and including a block with `cache_control`, in the order tools, system, messages; a request may
 * hold four such breakpoints, and those that live an hour must come before those that live five minutes.
 */
import type { Cacheable } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { invalid, object, optionalString } from './fields.ts'

/** Fields that mark a block: Anthropic's own and Headgate's. */
export const MARK_FIELDS = ['cache_control', 'cache_key'] as const

const MOST_MARKS = 4

/** The mark of a wire block: Anthropic's `cache_control`, Headgate's `cache_key`, or both. */
export function decodeMark(block: JsonObject, path: string): Cacheable {
  const cacheKey = optionalString(block, 'cache_key', path)
  const control = block.cache_control ?? undefined
  if (control === undefined) return cacheKey === undefined ? {} : { cacheKey }
  const at = `${path}.cache_control`
  const ttl = optionalString(object(control, at), 'ttl', at) ?? '5m'
  if (ttl !== '5m' && ttl !== '1h') throw invalid(`${at}.ttl`, 'must be "5m" or "1h".')
  return cacheKey === undefined ? { cacheTtl: ttl } : { cacheKey, cacheTtl: ttl }
}

/** The mark as a field of a wire block; nothing when the part has none. */
export function encodeMark(part: Cacheable): { cache_control?: JsonObject } {
  if (part.cacheTtl === '1h') return { cache_control: { type: 'ephemeral', ttl: '1h' } }
  return part.cacheTtl || part.cacheKey !== undefined ? { cache_control: { type: 'ephemeral' } } : {}
}

/**
 * Takes marks out of a wire request, in place, until Anthropic accepts their number: the last one of the shared front (tools and
 * system) stays, because every conversation reads it, and then the longest prefixes. Losing a mark changes the price, not the answer.
 */
export function limitMarks(body: JsonObject): void {
  const front = [...blocksOf(body.tools), ...blocksOf(body.system)].filter(isMarked)
  const turns = [...blocksOf(body.messages)].flatMap((message) => [...blocksOf(message.content)]).filter(isMarked)
  // A top-level `cache_control` marks the last block by itself and counts as one.
  const most = MOST_MARKS - (isObject(body.cache_control) ? 1 : 0)
  const shared = front.at(-1)
  const rest = [...front.slice(0, -1), ...turns]
  const kept = rest.slice(Math.max(0, rest.length - (most - (shared ? 1 : 0))))
  for (const block of rest) if (!kept.includes(block)) delete block.cache_control
  orderLifetimes([...front, ...turns].filter(isMarked))
}

/** A five-minute mark before a one-hour mark is refused upstream; it lives an hour instead, as everything before it must. */
function orderLifetimes(marked: readonly JsonObject[]): void {
  let hour = false
  for (const block of marked.toReversed()) {
    if (isObject(block.cache_control) && block.cache_control.ttl === '1h') hour = true
    else if (hour) block.cache_control = { type: 'ephemeral', ttl: '1h' }
  }
}

function* blocksOf(list: JsonValue | undefined): Generator<JsonObject> {
  if (!Array.isArray(list)) return
  for (const block of list) {
    if (!isObject(block)) continue
    if (block.type === 'tool_result') yield* blocksOf(block.content)
    yield block
  }
}

function isMarked(block: JsonObject): boolean {
  return isObject(block.cache_control)
}

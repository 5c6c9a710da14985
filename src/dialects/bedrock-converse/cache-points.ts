/*
 * Prompt-cache marks. Bedrock's stand as blocks of their own behind what they mark, in the order tools, system, messages; a request may hold four.
 * Models that cache nothing refuse them, so they are left out there: losing a mark changes the price, not the answer.
 */
import type { Cacheable, Part } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { ModelRules } from './model-rules.ts'

const MOST_POINTS = 4

/** What marks a prompt segment. */
export type Marker = (part: Cacheable) => JsonObject[]

/** Marks the last of these parts; a cache point before any part marks nothing. */
export function markBefore(parts: Part[], cachePoint: JsonValue): void {
  const last = parts.at(-1)
  if (!last || last.type === 'reasoning' || last.type === 'audio' || last.type === 'refusal' || last.type === 'opaque')
    return
  parts[parts.length - 1] = { ...last, cacheTtl: ttlOf(cachePoint) }
}

/** The lifetime that a cache point asks for. */
export function ttlOf(cachePoint: JsonValue): '5m' | '1h' {
  return isObject(cachePoint) && cachePoint.ttl === '1h' ? '1h' : '5m'
}

/** How this model's prompts are marked, by the place of the mark. */
export function markersFor({ cachePoints }: ModelRules): { readonly tools: Marker; readonly others: Marker } {
  const none: Marker = () => []
  const marker: Marker = ({ cacheTtl, cacheKey }) => {
    if (cacheTtl === undefined && cacheKey === undefined) return []
    const hour = cacheTtl === '1h' && cachePoints === 'all-and-hours'
    return [{ cachePoint: { type: 'default', ...(hour ? { ttl: '1h' } : {}) } }]
  }
  return {
    tools: cachePoints === 'none' || cachePoints === 'not-tools' ? none : marker,
    others: cachePoints === 'none' ? none : marker,
  }
}

/**
 * Takes cache points out of a wire request, in place, until there are four: the last one of tools and system stays, because every
 * conversation reads it, and then the longest prefixes.
 */
export function limitCachePoints(body: JsonObject): void {
  const front = [...pointsIn(isObject(body.toolConfig) ? body.toolConfig.tools : undefined), ...pointsIn(body.system)]
  const messages = Array.isArray(body.messages) ? body.messages.filter(isObject) : []
  const turns = messages.flatMap((message) => pointsIn(message.content))
  const shared = front.pop()
  const rest = [...front, ...turns]
  for (const { list, point } of rest.slice(0, Math.max(0, rest.length - (MOST_POINTS - (shared ? 1 : 0))))) {
    list.splice(list.indexOf(point), 1)
  }
  const kept = [...front, ...(shared ? [shared] : []), ...turns].filter(({ list, point }) => list.includes(point))
  orderLifetimes(kept.map(({ point }) => point))
}

/** A five-minute point before a one-hour point is refused; it lives an hour instead. */
function orderLifetimes(points: readonly JsonObject[]): void {
  let hour = false
  for (const point of points.toReversed()) {
    if (isObject(point.cachePoint) && point.cachePoint.ttl === '1h') hour = true
    else if (hour) point.cachePoint = { type: 'default', ttl: '1h' }
  }
}

function pointsIn(list: JsonValue | undefined): { readonly list: JsonValue[]; readonly point: JsonObject }[] {
  if (!Array.isArray(list)) return []
  return list.filter(isObject).flatMap((point) => (point.cachePoint === undefined ? [] : [{ list, point }]))
}

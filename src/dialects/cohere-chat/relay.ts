import { isObject, type JsonObject } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { RelayAsk } from '../dialect.ts'
import { MOST_STOPS } from './request.ts'

/**
 * The edits that make a caller's own request fit another deployment. Null for a `cache_key` below the top level, which no provider may see, and for
 * more stop texts than it takes, which the encoder refuses by name.
 */
export function relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits | null {
  const { stop_sequences: stops, messages } = body
  if (Array.isArray(stops) && stops.length > (ask.quirks.maxStops ?? MOST_STOPS)) return null
  if (Array.isArray(messages) && messages.some((message) => isObject(message) && hasKey(message))) return null
  const cap = ask.maxOutputTokens
  const set: JsonObject = {
    ...(body.model === ask.model ? {} : { model: ask.model }),
    ...(cap === undefined || cap === body.max_tokens ? {} : { max_tokens: cap }),
  }
  const remove = [...ask.remove, ...(ask.quirks.rejects ?? [])].filter((field) => Object.hasOwn(body, field))
  return { set, remove }
}

function hasKey(message: JsonObject): boolean {
  if (Object.hasOwn(message, 'cache_key')) return true
  const parts = Array.isArray(message.content) ? message.content : []
  return parts.some((part) => isObject(part) && Object.hasOwn(part, 'cache_key'))
}

import { isObject, type JsonObject } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { RelayAsk } from '../dialect.ts'

/** The edits that make a caller's own request fit a host: the model, and nothing of ours in it. */
export function relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits {
  const set: JsonObject = body.model === ask.model ? {} : { model: ask.model }
  const remove = [...ask.remove, ...(ask.quirks.rejects ?? [])].filter((field) => Object.hasOwn(body, field))
  if (isObject(body.metadata) && ask.removeMetadata.length > 0) {
    const kept = Object.entries(body.metadata).filter(([name]) => !ask.removeMetadata.includes(name))
    if (kept.length === 0) remove.push('metadata')
    else set.metadata = Object.fromEntries(kept)
  }
  return { set, remove }
}

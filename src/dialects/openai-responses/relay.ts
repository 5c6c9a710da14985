import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { RelayAsk } from '../dialect.ts'
import { hasMark } from './cache-mark.ts'
import { isCarried } from './carried-seal.ts'
import { isOwnId } from './item-ids.ts'
import { isUsable } from './reasoning.ts'
import { SEALED_REASONING, sealsReasoning } from './sealing-models.ts'

/**
 * The edits that make a caller's own request fit a host: nothing is stored there, and reasoning is given back sealed. Null when it must be written anew,
 * because something in it is ours (`cache_key`, seals of other vendors, ids of reasoning that we wrote), could not be found there (reasoning without its seal), is refused by
 * the host, or has to be reported (`store: true`).
 */
export function relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits | null {
  const { quirks } = ask
  if (body.store === true || (quirks.rejects ?? []).some((field) => field in body)) return null
  if (!itemsCanStay(body.input) || hasMark(body.input) || hasMark(body.tools)) return null
  const wanted: JsonObject = { model: ask.model, store: false }
  const remove = [...ask.remove]
  if (ask.maxOutputTokens !== undefined) wanted.max_output_tokens = ask.maxOutputTokens
  askForSeals(body, ask.model, wanted)
  editMetadata(body, ask.removeMetadata, wanted, remove)
  // The key given here is bound to the tenant; the caller's own would let tenants share a place in the provider's cache.
  const ownKey = (body.prompt_cache_key ?? null) !== null
  if (ask.promptCacheKey !== undefined && (quirks.promptCacheKey || ownKey))
    wanted.prompt_cache_key = ask.promptCacheKey

  const set: JsonObject = {}
  for (const [field, value] of Object.entries(wanted)) if (body[field] !== value) set[field] = value
  return { set, remove: remove.filter((field) => Object.hasOwn(body, field)) }
}

/** Whether every item means something to a provider that stores nothing. */
function itemsCanStay(input: JsonValue | undefined): boolean {
  if (!Array.isArray(input)) return true
  return input.every((item) => {
    if (!isObject(item) || item.type !== 'reasoning') return true
    const { id, encrypted_content: encrypted } = item
    if (typeof id === 'string' && isOwnId(id)) return false
    return isUsable(item) && !(typeof encrypted === 'string' && isCarried(encrypted))
  })
}

function askForSeals(body: JsonObject, model: string, wanted: JsonObject): void {
  if (!sealsReasoning(model)) return
  const include = Array.isArray(body.include) ? body.include : []
  if (!include.includes(SEALED_REASONING)) wanted.include = [...include, SEALED_REASONING]
}

function editMetadata(body: JsonObject, entries: readonly string[], wanted: JsonObject, remove: string[]): void {
  if (!isObject(body.metadata) || entries.length === 0) return
  const kept = Object.entries(body.metadata).filter(([name]) => !entries.includes(name))
  if (kept.length === 0) remove.push('metadata')
  else if (kept.length < Object.keys(body.metadata).length) wanted.metadata = Object.fromEntries(kept)
}

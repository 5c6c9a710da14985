import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { RelayAsk } from '../dialect.ts'
import { needsRewriting } from './relay-foreign.ts'
import { outputCapField } from './request.ts'
import { isEffort, nearestEffort } from './request-fields.ts'

/**
 * The edits that make a caller's own request fit a host. Null when something below the top level must change: a `cache_key`, a role the
 * host does not know, reasoning in a field it does not take; and for more stop texts than it takes, which the encoder refuses by name.
 */
export function relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits | null {
  const { quirks } = ask
  if (needsRewriting(body, quirks)) return null
  const edits: Edits = { set: {}, remove: [] }
  take(body, ask.remove, edits)
  if (quirks.rejects) take(body, quirks.rejects, edits)

  want(body, 'model', ask.model, ask, edits)
  editOutputCap(body, ask, edits)
  editSeed(body, ask, edits)
  editEffort(body, ask, edits)
  editStreamOptions(body, ask, edits)
  if (ask.removeMetadata.length > 0) editMetadata(body, ask, edits)
  // The key given here is bound to the tenant; the caller's own would let tenants share a place in the provider's cache.
  const { prompt_cache_key: ownKey = null } = body
  if (ask.promptCacheKey !== undefined && (quirks.promptCacheKey || ownKey !== null))
    want(body, 'prompt_cache_key', ask.promptCacheKey, ask, edits)
  return edits
}

/** Edits while they are gathered. */
interface Edits {
  readonly set: JsonObject
  readonly remove: string[]
}

/** Takes fields out, where they are there. */
function take(body: JsonObject, fields: readonly string[], { remove }: Edits): void {
  for (const field of fields) if (Object.hasOwn(body, field)) remove.push(field)
}

/** Sets a field that says something else, unless it must not be there. */
function want(body: JsonObject, field: string, value: JsonValue, ask: RelayAsk, { set }: Edits): void {
  const isUnwanted = body[field] === value || ask.remove.includes(field) || ask.quirks.rejects?.includes(field)
  if (!isUnwanted) set[field] = value
}

/** The cap under the name that the host knows: ours when policy gave one, else the caller's. */
function editOutputCap(body: JsonObject, ask: RelayAsk, edits: Edits): void {
  const field = outputCapField(ask.quirks)
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  const cap = ask.maxOutputTokens ?? body[field] ?? body[other] ?? null
  if (cap === null) return
  want(body, field, cap, ask, edits)
  if (body[other] !== undefined) edits.remove.push(other)
}

/** The seed under the name that the host knows. */
function editSeed(body: JsonObject, ask: RelayAsk, edits: Edits): void {
  const { seedField = 'seed' } = ask.quirks
  if (seedField === 'seed' || body.seed === undefined) return
  const seed = body[seedField] ?? body.seed
  if (seed !== null) want(body, seedField, seed, ask, edits)
  edits.remove.push('seed')
}

/** How much to think, in a word that the host knows. */
function editEffort(body: JsonObject, ask: RelayAsk, edits: Edits): void {
  const { reasoning_effort: word } = body
  if (typeof word !== 'string' || !isEffort(word)) return
  want(body, 'reasoning_effort', nearestEffort(word, ask.quirks.efforts), ask, edits)
}

function editStreamOptions(body: JsonObject, ask: RelayAsk, edits: Edits): void {
  const { stream_options: given } = body
  if (ask.quirks.streamUsage === false) {
    if (given !== undefined) edits.remove.push('stream_options')
    return
  }
  if (!ask.needUsage || body.stream !== true) return
  const options = isObject(given) ? given : {}
  if (options.include_usage !== true) want(body, 'stream_options', { ...options, include_usage: true }, ask, edits)
}

function editMetadata(body: JsonObject, ask: RelayAsk, edits: Edits): void {
  const { removeMetadata: entries } = ask
  if (!isObject(body.metadata)) return
  const kept = Object.entries(body.metadata).filter(([name]) => !entries.includes(name))
  if (kept.length === 0) edits.remove.push('metadata')
  else if (kept.length < Object.keys(body.metadata).length) want(body, 'metadata', Object.fromEntries(kept), ask, edits)
}

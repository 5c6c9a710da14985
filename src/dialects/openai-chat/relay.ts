import { isObject, type JsonObject } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { Quirks, RelayAsk } from '../dialect.ts'
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
  const wanted: JsonObject = { model: ask.model }
  const remove = [...ask.remove, ...(quirks.rejects ?? [])]

  editOutputCap(body, ask, wanted, remove)
  editSeed(body, quirks, wanted, remove)
  editEffort(body, quirks, wanted)
  editStreamOptions(body, ask, wanted, remove)
  editMetadata(body, ask.removeMetadata, wanted, remove)
  // The key given here is bound to the tenant; the caller's own would let tenants share a place in the provider's cache.
  const ownKey = body.prompt_cache_key !== undefined && body.prompt_cache_key !== null
  if (ask.promptCacheKey !== undefined && (quirks.promptCacheKey || ownKey))
    wanted.prompt_cache_key = ask.promptCacheKey

  const set: JsonObject = {}
  for (const field in wanted) {
    const value = wanted[field]
    if (value !== undefined && body[field] !== value && !remove.includes(field)) set[field] = value
  }
  return { set, remove: remove.filter((field) => Object.hasOwn(body, field)) }
}

/** The cap under the name that the host knows: ours when policy gave one, else the caller's. */
function editOutputCap(body: JsonObject, ask: RelayAsk, wanted: JsonObject, remove: string[]): void {
  const field = outputCapField(ask.quirks)
  const other = field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  const cap = ask.maxOutputTokens ?? body[field] ?? body[other] ?? null
  if (cap === null) return
  wanted[field] = cap
  remove.push(other)
}

/** The seed under the name that the host knows. */
function editSeed(body: JsonObject, { seedField = 'seed' }: Quirks, wanted: JsonObject, remove: string[]): void {
  if (seedField === 'seed') return
  const seed = body[seedField] ?? body.seed ?? null
  if (seed !== null) wanted[seedField] = seed
  remove.push('seed')
}

/** How much to think, in a word that the host knows. */
function editEffort(body: JsonObject, { efforts }: Quirks, wanted: JsonObject): void {
  const word = body.reasoning_effort
  if (typeof word === 'string' && isEffort(word)) wanted.reasoning_effort = nearestEffort(word, efforts)
}

function editStreamOptions(body: JsonObject, ask: RelayAsk, wanted: JsonObject, remove: string[]): void {
  if (ask.quirks.streamUsage === false) {
    remove.push('stream_options')
    return
  }
  const options = isObject(body.stream_options) ? body.stream_options : {}
  if (!ask.needUsage || body.stream !== true || options.include_usage === true) return
  wanted.stream_options = { ...options, include_usage: true }
}

function editMetadata(body: JsonObject, entries: readonly string[], wanted: JsonObject, remove: string[]): void {
  if (!isObject(body.metadata) || entries.length === 0) return
  const kept = Object.entries(body.metadata).filter(([name]) => !entries.includes(name))
  if (kept.length === 0) remove.push('metadata')
  else if (kept.length < Object.keys(body.metadata).length) wanted.metadata = Object.fromEntries(kept)
}

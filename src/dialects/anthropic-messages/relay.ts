import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { RelayAsk } from '../dialect.ts'
import { isCarried } from './carried-seals.ts'
import { type Generation, generationOf } from './generation.ts'
import { defaultMaxTokens } from './request.ts'
import { calledWithoutThought } from './thinking.ts'

/**
 * The edits that make a caller's Messages request fit another deployment; null when it must be written anew, because
 * something inside it is ours (`cache_key`), is refused there (reasoning of another vendor, what this generation of models does not
 * take, a field the host rejects, thinking that goes on where none began), or depends on the output cap (a thinking budget that no longer fits).
 */
export function relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits | null {
  if ((ask.quirks.rejects ?? []).some((field) => field in body)) return null
  const generation = generationOf(ask.model)
  if (generation.known && !(parametersCanStay(body, generation) && rolesCanStay(body.messages, generation))) return null
  if (kindOfThinking(body) === 'enabled' && calledWithoutThought(objectsOf(body.messages))) return null
  if (!blocksCanStay(body.system) || !blocksCanStay(body.tools) || !turnsCanStay(body.messages)) return null

  const asked = body.max_tokens ?? undefined
  const maxTokens = ask.maxOutputTokens ?? asked ?? defaultMaxTokens(ask.quirks)
  const budget = isObject(body.thinking) ? body.thinking.budget_tokens : undefined
  if (typeof budget === 'number' && typeof maxTokens === 'number' && maxTokens !== asked && budget >= maxTokens)
    return null

  const set: Record<string, JsonValue> = {}
  const remove = ask.remove.filter((field) => field in body)
  const { versionInBody } = ask.quirks
  if (versionInBody !== undefined) {
    remove.push('model')
    if (body.anthropic_version !== versionInBody) set.anthropic_version = versionInBody
  } else if (body.model !== ask.model) set.model = ask.model
  if (maxTokens !== asked) set.max_tokens = maxTokens
  const metadata = editMetadata(body.metadata, ask.removeMetadata)
  if (metadata === null) remove.push('metadata')
  else if (metadata !== body.metadata) set.metadata = metadata as JsonValue
  return { set, remove }
}

function kindOfThinking({ thinking }: JsonObject): JsonValue | undefined {
  return isObject(thinking) ? thinking.type : undefined
}

function objectsOf(list: JsonValue | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

/** The metadata without the entries that were context; itself when none were, null when nothing is left. */
function editMetadata(metadata: JsonValue | undefined, remove: readonly string[]): JsonValue | undefined | null {
  if (!isObject(metadata) || !remove.some((entry) => entry in metadata)) return metadata
  const kept = Object.entries(metadata).filter(([entry]) => !remove.includes(entry))
  return kept.length > 0 ? Object.fromEntries(kept) : null
}

function parametersCanStay(body: JsonObject, { sampling, thinking }: Generation): boolean {
  const kind = kindOfThinking(body)
  if (kind === 'enabled' && thinking === 'adaptive') return false
  if (kind === 'adaptive' && thinking === 'budget') return false
  return sampling !== 'none' || (body.temperature ?? body.top_p ?? body.top_k ?? undefined) === undefined
}

function rolesCanStay(messages: JsonValue | undefined, { instructions }: Generation): boolean {
  if (instructions || !Array.isArray(messages)) return true
  return messages.every((message) => !isObject(message) || message.role !== 'system')
}

function turnsCanStay(messages: JsonValue | undefined): boolean {
  if (!Array.isArray(messages)) return true
  return messages.every(
    (message) => isObject(message) && message.cache_key === undefined && blocksCanStay(message.content),
  )
}

function blocksCanStay(blocks: JsonValue | undefined): boolean {
  if (!Array.isArray(blocks)) return true
  return blocks.every((block) => {
    if (!isObject(block)) return true
    if (block.cache_key !== undefined) return false
    if (isCarried(block.signature) || isCarried(block.data)) return false
    if (block.type === 'thinking') return typeof block.signature === 'string' && block.signature !== ''
    return block.type !== 'tool_result' || blocksCanStay(block.content)
  })
}

import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { TopLevelEdits } from '../../lib/json-edit.ts'
import type { RelayAsk } from '../dialect.ts'
import { isCarried } from './carried-seals.ts'
import { generationOf } from './generation.ts'
import { DEFAULT_MAX_STOPS } from './generation-config.ts'
import { fieldIn } from './request.ts'

/** Fields at the top that Google does not know: our own, and the model, which its address names. */
const NEVER_SENT = ['model', 'metadata', 'documents']

/**
 * The edits that make a caller's own request fit another deployment; null when it must be written anew: something inside is ours (`cache_key`), a call
 * lacks the signature that this model demands, a thought has the seal of another vendor, or the model thinks in other words. The output cap stands inside `generationConfig`, which is then
 * written anew as a whole.
 */
export function relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits | null {
  if ((ask.quirks.rejects ?? []).some((field) => field in body)) return null
  const config = fieldIn(body, ['generationConfig', 'generation_config'])
  const contents = listOf(body.contents)
  const system = fieldIn(body, ['systemInstruction', 'system_instruction'])
  if ([...contents, ...(system ? [system.value] : [])].some(hasOwnMark)) return null
  if (listOf(body.tools).some((tool) => declarationsOf(tool).some(hasKey))) return null
  const { sealedCalls } = generationOf(ask.model)
  if (sealedCalls && contents.some(lacksSeal)) return null
  if (contents.some(carriesSeal)) return null
  if (config && !configCanStay(config.value, ask)) return null

  const remove = [...ask.remove, ...NEVER_SENT].filter((field) => Object.hasOwn(body, field))
  const asked = config?.value.maxOutputTokens ?? config?.value.max_output_tokens
  const cap = ask.maxOutputTokens
  if (cap === undefined || cap === asked) return { set: {}, remove }
  const { max_output_tokens: _, ...others } = config?.value ?? {}
  return { set: { [config?.name ?? 'generationConfig']: { ...others, maxOutputTokens: cap } }, remove }
}

/** Levels are refused by models that count tokens, and some levels by some models; the encoder knows the nearest. */
function configCanStay(config: JsonObject, { model, quirks }: RelayAsk): boolean {
  const stops = config.stopSequences ?? config.stop_sequences
  if (Array.isArray(stops) && stops.length > (quirks.maxStops ?? DEFAULT_MAX_STOPS)) return false
  const generation = generationOf(model)
  const thinking = fieldIn(config, ['thinkingConfig', 'thinking_config'])?.value
  if (!thinking || !generation.known) return true
  if (generation.thinking === 'never') return false
  const level = thinking.thinkingLevel ?? thinking.thinking_level
  if (level === undefined || level === null) return true
  return generation.thinking === 'level' && generation.levels.some((each) => each === String(level).toUpperCase())
}

function hasOwnMark(content: JsonObject): boolean {
  return hasKey(content) || listOf(content.parts).some(hasKey)
}

function hasKey(value: JsonObject): boolean {
  return Object.hasOwn(value, 'cache_key') || Object.hasOwn(value, 'cacheKey')
}

/** Whether a turn of the model calls functions and the first call has no signature. */
function lacksSeal(content: JsonObject): boolean {
  const first = listOf(content.parts).find((part) => isObject(part.functionCall ?? part.function_call))
  return first !== undefined && content.role === 'model' && !(first.thoughtSignature ?? first.thought_signature)
}

/** Whether a turn of the model has the seal of another vendor. */
function carriesSeal(content: JsonObject): boolean {
  return listOf(content.parts).some((part) => isCarried(part.thoughtSignature ?? part.thought_signature))
}

function declarationsOf(tool: JsonObject): JsonObject[] {
  return listOf(tool.functionDeclarations ?? tool.function_declarations)
}

/** The objects of a list; a single object is a list of one. */
function listOf(value: JsonValue | undefined): JsonObject[] {
  if (isObject(value)) return [value]
  return Array.isArray(value) ? value.filter(isObject) : []
}

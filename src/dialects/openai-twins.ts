import type { Extensions } from '../canonical/extensions.ts'
import type { JsonObject } from '../lib/json.ts'

/*
 * OpenAI's two formats have fields of the same meaning that no other vendor has. A call that goes from one of these formats to the other keeps them.
 */

/** A field's name in Chat Completions, and its name in Responses. */
const TWINS: readonly (readonly [chat: string, responses: string])[] = [
  ['service_tier', 'service_tier'],
  ['safety_identifier', 'safety_identifier'],
  ['prompt_cache_key', 'prompt_cache_key'],
  ['prompt_cache_retention', 'prompt_cache_retention'],
  ['prompt_cache_options', 'prompt_cache_options'],
  ['verbosity', 'text.verbosity'],
]

/** The fields of a request in one of the two formats: its own, and what the other one says in fields of the same meaning. */
export function withTwins(extensions: Extensions | undefined, to: 'openai-chat' | 'openai-responses'): JsonObject {
  const [here, there] = to === 'openai-chat' ? ([0, 1] as const) : ([1, 0] as const)
  const other = extensions?.[to === 'openai-chat' ? 'openai-responses' : 'openai-chat']
  const own = extensions?.[to] ?? {}
  if (!other) return own
  const said = TWINS.flatMap((names): [string, JsonObject[string]][] => {
    const value = other[names[there]]
    return value === undefined ? [] : [[names[here], value]]
  })
  return { ...Object.fromEntries(said), ...own }
}

/** The extensions of a request without what the format `to` says in fields of its own, so that it is not reported as lost. */
export function withoutTwins(
  extensions: Extensions | undefined,
  to: 'openai-chat' | 'openai-responses',
): Extensions | undefined {
  const from = to === 'openai-chat' ? 'openai-responses' : 'openai-chat'
  const other = extensions?.[from]
  if (!other) return extensions
  const known = new Set(TWINS.map((names) => names[to === 'openai-chat' ? 1 : 0]))
  const rest = Object.fromEntries(Object.entries(other).filter(([field]) => !known.has(field)))
  return { ...extensions, [from]: rest }
}

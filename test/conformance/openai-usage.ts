import type { JsonObject } from '../../src/lib/json.ts'
import type { UsageMeaning } from './meaning.ts'
import { objectIn, tokens } from './plain-json.ts'

/*
 * Hosts of OpenAI's format disagree about what `prompt_tokens` and `completion_tokens` hold. Most put cached tokens and reasoning inside,
 * some beside, and a few do not name the reasoning at all; Mistral puts audio beside. `total_tokens` is the judge: of the ways to read the parts the
 * first that adds up to it is right, and without a total a part that is larger than its whole cannot be inside it.
 */

/** The usage object of a reply. */
export function openAiUsage(raw: JsonObject): UsageMeaning {
  const prompt = tokens(raw.prompt_tokens)
  const completion = tokens(raw.completion_tokens)
  const details = objectIn(raw, 'prompt_tokens_details')
  const cached =
    tokens(details.cached_tokens) ??
    tokens(raw.prompt_cache_hit_tokens) ??
    tokens(raw.cached_tokens) ??
    tokens(raw.num_cached_tokens) ??
    tokens(raw.cache_read_input_tokens)
  const written = tokens(details.cache_write_tokens) ?? tokens(raw.cache_creation_input_tokens) ?? 0
  const named = tokens(objectIn(raw, 'completion_tokens_details').reasoning_tokens) ?? tokens(raw.reasoning_tokens)
  const total = tokens(raw.total_tokens)
  if (prompt === null || completion === null) return { input: prompt, output: completion, cached, reasoning: named }

  const stored = (cached ?? 0) + written
  const audio = tokens(details.audio_tokens) ?? 0
  const readings = [
    { input: prompt, output: completion },
    { input: prompt + audio, output: completion },
    { input: prompt, output: completion + (named ?? 0) },
    { input: prompt + stored, output: completion },
    { input: prompt + stored, output: completion + (named ?? 0) },
  ]
  const possible = readings.filter(
    ({ input, output }) => (cached ?? 0) <= input && written <= input && (named ?? 0) <= output,
  )
  const right = possible.find(({ input, output }) => input + output === total)
  if (right) return { ...right, cached, reasoning: named }
  // Google counts thinking in the total alone.
  const hidden = named === null && total !== null ? total - prompt - completion : 0
  if (hidden > 0) return { input: prompt, output: completion + hidden, cached, reasoning: hidden }
  return { ...(possible[0] ?? { input: prompt, output: completion }), cached, reasoning: named }
}

/*
 * Usage in disjoint counters.
 *
 * `prompt_tokens` is the whole prompt: what a cache served or stored and audio are parts of it. Some hosts leave the cache parts out,
 * which shows when they are more than the prompt, or in the total. Gemini through OpenRouter stores and serves the same
 * tokens in one call and charges for both; they are counted in both, since counters are for money first.
 *
 * `completion_tokens` holds the reasoning, except at xAI and at gateways to Gemini, where it stands beside it; again the total tells, or
 * reasoning that is more than the completion. Google itself does not even name it: it is what the total has more than its parts.
 *
 * Names differ by host: DeepSeek's `prompt_cache_hit_tokens`, Moonshot's `cached_tokens`, OpenRouter's and OpenAI's
 * `cache_write_tokens`, Anthropic's own names where they are passed on.
 */
import type { Usage } from '../../canonical/usage.ts'
import { cacheWriteTokens, inputTokens, outputTokens } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** The `usage` object of a reply. Counters that the host does not give are absent. */
export function decodeUsage(raw: JsonObject): Usage {
  const prompt = count(raw.prompt_tokens)
  const completion = count(raw.completion_tokens)
  const input = objectAt(raw, 'prompt_tokens_details')
  const output = objectAt(raw, 'completion_tokens_details')
  const cacheRead =
    count(input.cached_tokens) ??
    count(raw.prompt_cache_hit_tokens) ??
    count(raw.cached_tokens) ??
    count(raw.cache_read_input_tokens)
  const writes = cacheWrites(raw, input)
  const inputAudio = count(input.audio_tokens)
  const outputAudio = count(output.audio_tokens)
  const reasoning = count(output.reasoning_tokens) ?? count(raw.reasoning_tokens)
  const total = count(raw.total_tokens)

  const read = cacheRead ?? 0
  const written = (writes.cacheWrite5m ?? 0) + (writes.cacheWrite1h ?? 0)
  const parts = { read, written, audio: inputAudio ?? 0 }
  const cacheBeside = prompt !== undefined && standsBeside(prompt, read, written, total, completion)
  const spare = total === undefined ? 0 : total - sum(prompt, completion, cacheBeside ? read + written : 0)
  const reasoningBeside =
    reasoning === undefined || (reasoning > 0 && (reasoning > (completion ?? 0) || spare === reasoning))
  const hidden = reasoning === undefined && completion !== undefined && spare > 0 ? spare : undefined
  return {
    ...counter('inputUncached', prompt === undefined ? undefined : uncachedOf(prompt, parts, cacheBeside)),
    ...counter('cacheRead', cacheRead),
    ...writes,
    ...counter('inputAudio', inputAudio),
    ...counter(
      'outputText',
      completion === undefined ? undefined : completion - (reasoningBeside ? 0 : reasoning) - (outputAudio ?? 0),
    ),
    ...counter('reasoning', reasoning ?? hidden),
    ...counter('outputAudio', outputAudio),
    raw,
  }
}

/** Whether `prompt_tokens` leaves out what a cache served or stored. */
function standsBeside(
  prompt: number,
  read: number,
  written: number,
  total: number | undefined,
  completion: number | undefined,
): boolean {
  if (read > prompt || written > prompt) return true
  return read + written > 0 && total === sum(prompt, completion, read, written)
}

function uncachedOf(
  prompt: number,
  parts: { readonly read: number; readonly written: number; readonly audio: number },
  cacheBeside: boolean,
): number {
  const { read, written, audio } = parts
  if (cacheBeside) return prompt - audio
  return prompt - audio - (read + written > prompt ? Math.max(read, written) : read + written)
}

function cacheWrites(raw: JsonObject, input: JsonObject): Pick<Usage, 'cacheWrite5m' | 'cacheWrite1h'> {
  const total =
    count(input.cache_write_tokens) ?? count(input.cache_creation_tokens) ?? count(raw.cache_creation_input_tokens)
  const byLifetime = objectAt(raw, 'cache_creation')
  const hour = count(byLifetime.ephemeral_1h_input_tokens)
  const minutes = total === undefined ? count(byLifetime.ephemeral_5m_input_tokens) : total - (hour ?? 0)
  return { ...counter('cacheWrite5m', minutes), ...counter('cacheWrite1h', hour) }
}

/** Usage in this format's words: whole prompt, whole completion, their total, and the parts that are known. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = inputTokens(usage)
  const completion = outputTokens(usage)
  const written =
    usage.cacheWrite5m === undefined && usage.cacheWrite1h === undefined ? undefined : cacheWriteTokens(usage)
  const input = {
    ...counter('cached_tokens', usage.cacheRead),
    ...counter('cache_write_tokens', written),
    ...counter('audio_tokens', usage.inputAudio),
  }
  const output = { ...counter('reasoning_tokens', usage.reasoning), ...counter('audio_tokens', usage.outputAudio) }
  const hour = usage.cacheWrite1h
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(Object.keys(input).length === 0 ? {} : { prompt_tokens_details: input }),
    ...(Object.keys(output).length === 0 ? {} : { completion_tokens_details: output }),
    ...(hour === undefined
      ? {}
      : { cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m ?? 0, ephemeral_1h_input_tokens: hour } }),
  }
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : undefined
}

function counter<Name extends string>(name: Name, value: number | undefined): { [key in Name]?: number } {
  return value === undefined ? {} : ({ [name]: Math.max(0, value) } as { [key in Name]: number })
}

function objectAt(source: JsonObject, field: string): JsonObject {
  const value = source[field]
  return isObject(value) ? value : {}
}

function sum(...counts: (number | undefined)[]): number {
  return counts.reduce<number>((total, next) => total + (next ?? 0), 0)
}

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
 * Audio is part of the prompt at OpenAI, and beside it at Mistral, where the prompt is the text alone.
 *
 * Names differ by host: DeepSeek's `prompt_cache_hit_tokens`, Moonshot's `cached_tokens`, Mistral's `num_cached_tokens`, OpenRouter's and OpenAI's
 * `cache_write_tokens`, Anthropic's own names where they are passed on.
 */
import type { Usage } from '../../canonical/usage.ts'
import { cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** The `usage` object of a reply or chunk, and what the reply says of how it was served. Counters that the host does not give are absent. */
export function decodeUsage(raw: JsonObject, reply: JsonObject = {}): Usage {
  const prompt = count(raw.prompt_tokens)
  const completion = count(raw.completion_tokens)
  const input = objectAt(raw, 'prompt_tokens_details')
  const output = objectAt(raw, 'completion_tokens_details')
  const cacheRead =
    count(input.cached_tokens) ??
    count(raw.prompt_cache_hit_tokens) ??
    count(raw.cached_tokens) ??
    count(raw.num_cached_tokens) ??
    count(raw.cache_read_input_tokens)
  const writes = cacheWrites(raw, input)
  const inputAudio = count(input.audio_tokens)
  const outputAudio = count(output.audio_tokens)
  const outputImage = count(output.image_tokens)
  const reasoning = count(output.reasoning_tokens) ?? count(raw.reasoning_tokens)
  const total = count(raw.total_tokens)

  const both = (prompt ?? 0) + (completion ?? 0)
  const read = cacheRead ?? 0
  const written = (writes.minutes ?? 0) + (writes.hour ?? 0)
  const audio = inputAudio ?? 0
  const audioBeside = audio > 0 && total !== undefined && total === both + audio
  // Whether the prompt leaves out what a cache served or stored.
  const cacheBeside =
    prompt !== undefined &&
    (read > prompt || written > prompt || (read + written > 0 && total === both + read + written))
  const uncached =
    prompt === undefined
      ? undefined
      : prompt - (audioBeside ? 0 : audio) - (cacheBeside ? 0 : cachedWithin(prompt, read, written))
  const beside = (cacheBeside ? read + written : 0) + (audioBeside ? audio : 0)
  const spare = total === undefined ? 0 : total - both - beside
  const reasoningBeside =
    reasoning === undefined || (reasoning > 0 && (reasoning > (completion ?? 0) || spare === reasoning))
  const hidden = reasoning === undefined && completion !== undefined && spare > 0 ? spare : undefined
  const usage: Counted = {}
  if (uncached !== undefined) usage.inputUncached = Math.max(0, uncached)
  if (cacheRead !== undefined) usage.cacheRead = cacheRead
  if (writes.minutes !== undefined) usage.cacheWrite5m = Math.max(0, writes.minutes)
  if (writes.hour !== undefined) usage.cacheWrite1h = writes.hour
  // Audio that a cache served is in both figures, and shows as a prompt that is less than its parts.
  if (inputAudio !== undefined) usage.inputAudio = Math.max(0, inputAudio + Math.min(0, uncached ?? 0))
  if (completion !== undefined) {
    const otherThanText = (reasoningBeside ? 0 : reasoning) + (outputAudio ?? 0) + (outputImage ?? 0)
    usage.outputText = Math.max(0, completion - otherThanText)
  }
  if (reasoning !== undefined || hidden !== undefined) usage.reasoning = reasoning ?? hidden ?? 0
  if (outputAudio !== undefined) usage.outputAudio = outputAudio
  if (outputImage) usage.outputImage = outputImage
  const searches = searchesIn(raw)
  if (searches !== undefined) usage.webSearches = searches
  const sources = count(raw.num_sources_used)
  if (sources !== undefined) usage.otherToolUses = sources
  if (typeof reply.service_tier === 'string') usage.serviceTier = reply.service_tier
  const billedUsd = billed(raw)
  if (billedUsd !== undefined) usage.billedUsd = billedUsd
  usage.raw = raw
  return usage
}

/** A usage while it is put together: fields that the host does not give are not there. */
type Counted = { -readonly [Name in keyof Usage]: Usage[Name] }

/** OpenRouter counts searches. */
function searchesIn(raw: JsonObject): number | undefined {
  const { web_search_requests: plain } = objectAt(raw, 'server_tool_use')
  const { web_search_requests: searches = plain } = objectAt(raw, 'server_tool_use_details')
  return count(searches)
}

/** xAI counts in ticks: https://docs.x.ai/developers/cost-tracking (2026-11-21) */
const TICKS_PER_USD = 10_000_000_000

/** What the host itself says the call costs. With a key of the caller's own (`is_byok`) OpenRouter names only its fee. */
function billed(raw: JsonObject): number | undefined {
  const ticks = count(raw.cost_in_usd_ticks)
  if (ticks !== undefined) return ticks / TICKS_PER_USD
  // Perplexity names the parts and their total.
  const cost = isObject(raw.cost) ? raw.cost.total_cost : raw.cost
  return typeof cost === 'number' && cost >= 0 && Number.isFinite(cost) && raw.is_byok !== true ? cost : undefined
}

/** What of the prompt a cache served or stored; hosts that store and serve the same tokens in one call count them twice. */
function cachedWithin(prompt: number, read: number, written: number): number {
  return read + written > prompt ? Math.max(read, written) : read + written
}

/** Tokens that were stored for five minutes, and for an hour. */
function cacheWrites(
  raw: JsonObject,
  input: JsonObject,
): { readonly minutes: number | undefined; readonly hour: number | undefined } {
  const total =
    count(input.cache_write_tokens) ?? count(input.cache_creation_tokens) ?? count(raw.cache_creation_input_tokens)
  const byLifetime = objectAt(raw, 'cache_creation')
  const hour = count(byLifetime.ephemeral_1h_input_tokens)
  const minutes = total === undefined ? count(byLifetime.ephemeral_5m_input_tokens) : total - (hour ?? 0)
  return { minutes, hour }
}

/** Usage in this format's words: whole prompt, whole completion, their total, and the parts that are known. */
export function encodeUsage(usage: Usage): JsonObject {
  const prompt = inputTokens(usage)
  const completion = outputTokens(usage)
  const written =
    usage.cacheWrite5m === undefined && usage.cacheWrite1h === undefined ? undefined : cacheWriteTokens(usage)
  const cached =
    usage.cacheRead === undefined && usage.cacheReadAudio === undefined ? undefined : cacheReadTokens(usage)
  const input = {
    ...counter('cached_tokens', cached),
    ...counter('cache_write_tokens', written),
    ...counter('audio_tokens', usage.inputAudio),
  }
  const output = {
    ...counter('reasoning_tokens', usage.reasoning),
    ...counter('audio_tokens', usage.outputAudio),
    ...counter('image_tokens', usage.outputImage),
  }
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
  return isObject(value) ? value : NOTHING
}

const NOTHING: JsonObject = {}

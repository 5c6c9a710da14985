/*
 * Usage in disjoint counters. `input_tokens` is the whole prompt, what a cache served or stored is a part of it; `output_tokens` holds the
 * reasoning. What a provider's own tools did is not in the usage of most hosts: it is counted from the items of the answer.
 */
import {
  cacheReadTokens,
  cacheWriteTokens,
  type FeeCounter,
  inputTokens,
  outputTokens,
  type Usage,
} from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** xAI counts in ticks: https://docs.x.ai/developers/cost-tracking (2026-11-21) */
const TICKS_PER_USD = 10_000_000_000

/** The usage of an answer, and what else the answer says that is paid for. Counters that the host does not give are absent. */
export function decodeUsage(raw: JsonObject, response: JsonObject = {}): Usage {
  const input = count(raw.input_tokens)
  const output = count(raw.output_tokens)
  const { cached_tokens: cached, cache_write_tokens: stored, ...more } = objectAt(raw, 'input_tokens_details')
  const cacheRead = count(cached)
  const written = count(stored)
  const long = count(objectAt(more, 'cache_write_tokens_details').ttl_12h_tokens)
  const inputAudio = count(more.audio_tokens)
  const reasoning = count(objectAt(raw, 'output_tokens_details').reasoning_tokens)
  const apart = (cacheRead ?? 0) + (written ?? 0) + (inputAudio ?? 0)
  // Reasoning that is more than the whole stands beside it.
  const inside = reasoning !== undefined && output !== undefined && reasoning <= output ? reasoning : 0
  const billedUsd = billed(raw)
  return {
    ...counter('inputUncached', input === undefined ? undefined : input - apart),
    ...counter('cacheRead', cacheRead),
    ...counter('cacheWrite5m', written === undefined ? undefined : written - (long ?? 0)),
    ...counter('cacheWrite1h', long || undefined),
    ...counter('inputAudio', inputAudio),
    ...counter('outputText', output === undefined ? undefined : output - inside),
    ...counter('reasoning', reasoning),
    ...toolUses(raw, response),
    ...(typeof response.service_tier === 'string' ? { serviceTier: response.service_tier } : {}),
    ...(billedUsd === undefined ? {} : { billedUsd }),
    raw,
  }
}

/** What the host itself says the call costs. With a key of the caller's own (`is_byok`) OpenRouter names only its fee. */
function billed(raw: JsonObject): number | undefined {
  const ticks = count(raw.cost_in_usd_ticks)
  if (ticks !== undefined) return ticks / TICKS_PER_USD
  const { cost } = raw
  return typeof cost === 'number' && cost >= 0 && Number.isFinite(cost) && raw.is_byok !== true ? cost : undefined
}

/** Uses of the provider's own tools: as the host counts them where it does, else by the items they left in the answer. */
function toolUses(raw: JsonObject, response: JsonObject): Partial<Pick<Usage, FeeCounter>> {
  const items = Array.isArray(response.output) ? response.output.filter(isObject) : []
  const searches = count(objectAt(objectAt(response, 'tool_usage'), 'web_search').num_requests)
  const containers = new Set(
    items.filter(({ type }) => type === 'code_interpreter_call').map((item) => item.container_id),
  )
  const byHost = objectAt(raw, 'server_side_tool_usage_details')
  return {
    ...counter('webSearches', searches ?? count(byHost.web_search_calls) ?? number(items, isSearch)),
    ...counter('fileSearches', count(byHost.file_search_calls) ?? number(items, isOfType('file_search_call'))),
    ...counter('codeSessions', count(byHost.code_interpreter_calls) ?? (containers.size || undefined)),
    ...counter('otherToolUses', othersOf(byHost) ?? number(items, isOfType('image_generation_call'))),
  }
}

/** xAI's tools beside search in the web and in files, and code. */
function othersOf(byHost: JsonObject): number | undefined {
  const counts = [byHost.x_search_calls, byHost.image_generation_calls, byHost.mcp_calls, byHost.document_search_calls]
  const known = counts.map(count).filter((each) => each !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, each) => total + each, 0)
}

/** A search is paid for; opening a page of what it found is not. */
function isSearch({ type, action }: JsonObject): boolean {
  return type === 'web_search_call' && (!isObject(action) || action.type === 'search' || action.type === undefined)
}

function isOfType(type: string): (item: JsonObject) => boolean {
  return (item) => item.type === type
}

function number(items: readonly JsonObject[], isOne: (item: JsonObject) => boolean): number | undefined {
  return items.filter(isOne).length || undefined
}

/** Usage in this format's words. Clients count on every figure here: what is not known is zero. */
export function encodeUsage(usage: Usage): JsonObject {
  const input = inputTokens(usage)
  const output = outputTokens(usage)
  const written = usage.cacheWrite5m ?? usage.cacheWrite1h
  const long = usage.cacheWrite1h
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: cacheReadTokens(usage),
      ...(written === undefined ? {} : { cache_write_tokens: cacheWriteTokens(usage) }),
      ...(long
        ? { cache_write_tokens_details: { ttl_30m_tokens: usage.cacheWrite5m ?? 0, ttl_12h_tokens: long } }
        : {}),
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + output,
  }
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : undefined
}

function counter<Name extends string>(name: Name, value: number | undefined): { readonly [key in Name]?: number } {
  return value === undefined ? {} : ({ [name]: Math.max(0, value) } as { [key in Name]: number })
}

const NOTHING: JsonObject = {}

function objectAt(source: JsonObject, field: string): JsonObject {
  const value = source[field]
  return isObject(value) ? value : NOTHING
}

import { cacheReadTokens, outputTokens, type Usage } from '../../canonical/usage.ts'
import { defined } from '../../lib/defined.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/**
 * Anthropic's usage in disjoint counters. Its `input_tokens` leaves out what a cache served or stored; its `output_tokens` holds the
 * reasoning, which is told apart only where the provider does.
 */
export function decodeUsage(raw: JsonObject): Usage {
  const output = count(raw.output_tokens)
  const thinking = isObject(raw.output_tokens_details) ? count(raw.output_tokens_details.thinking_tokens) : undefined
  return {
    ...defined({ inputUncached: count(raw.input_tokens), cacheRead: count(raw.cache_read_input_tokens) }),
    ...cacheWrites(raw),
    ...defined({
      outputText: output === undefined ? undefined : Math.max(0, output - (thinking ?? 0)),
      reasoning: output === undefined ? undefined : thinking,
    }),
    ...toolUses(raw),
    ...servedAs(raw),
    raw,
  }
}

/** Searches are charged one by one, code by the machine and only where no search or fetch stands beside it. */
function toolUses(raw: JsonObject): Pick<Usage, 'webSearches' | 'codeSessions'> {
  const tools = isObject(raw.server_tool_use) ? raw.server_tool_use : {}
  const webSearches = count(tools.web_search_requests)
  const ranCode = (count(tools.code_execution_requests) ?? 0) > 0
  const codeIsFree = (webSearches ?? 0) + (count(tools.web_fetch_requests) ?? 0) > 0
  return defined({ webSearches, codeSessions: ranCode ? (codeIsFree ? 0 : 1) : undefined })
}

/** Fast mode has a price of its own, and so has a place that the call was kept to. */
function servedAs({
  service_tier: tier,
  speed,
  inference_geo: place,
}: JsonObject): Pick<Usage, 'serviceTier' | 'geography'> {
  const served = speed === 'fast' ? speed : tier
  return {
    ...(typeof served === 'string' ? { serviceTier: served } : {}),
    ...(typeof place === 'string' ? { geography: place } : {}),
  }
}

/** The total counts; the breakdown by lifetime, where it comes, says how much of it lives an hour. */
function cacheWrites(raw: JsonObject): Pick<Usage, 'cacheWrite5m' | 'cacheWrite1h'> {
  const total = count(raw.cache_creation_input_tokens)
  const breakdown = isObject(raw.cache_creation) ? raw.cache_creation : {}
  const hour = count(breakdown.ephemeral_1h_input_tokens)
  const minutes = total === undefined ? count(breakdown.ephemeral_5m_input_tokens) : Math.max(0, total - (hour ?? 0))
  return defined({ cacheWrite5m: minutes, cacheWrite1h: hour })
}

/** The tiers that Anthropic has a word for. */
const SERVICE_TIERS: ReadonlySet<string> = new Set(['standard', 'priority', 'batch'])

/** The usage in Anthropic's words. Clients count on the input and output figures: what is not known is zero there. */
export function encodeUsage(usage: Usage | undefined): JsonObject {
  const { cacheWrite5m, cacheWrite1h, reasoning, webSearches, serviceTier } = usage ?? {}
  const cacheRead =
    usage?.cacheRead === undefined && usage?.cacheReadAudio === undefined ? undefined : cacheReadTokens(usage)
  const written =
    cacheWrite5m === undefined && cacheWrite1h === undefined ? undefined : (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0)
  return {
    input_tokens: (usage?.inputUncached ?? 0) + (usage?.inputAudio ?? 0),
    ...defined({ cache_creation_input_tokens: written, cache_read_input_tokens: cacheRead }),
    ...(cacheWrite1h === undefined
      ? {}
      : { cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m ?? 0, ephemeral_1h_input_tokens: cacheWrite1h } }),
    output_tokens: usage ? outputTokens(usage) : 0,
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
    ...(webSearches === undefined ? {} : { server_tool_use: { web_search_requests: webSearches } }),
    ...(serviceTier !== undefined && SERVICE_TIERS.has(serviceTier) ? { service_tier: serviceTier } : {}),
  }
}

/**
 * Usage as a stream tells it: `message_start` gives the first figures, `message_delta` gives totals that replace them. The first
 * `output_tokens` is a placeholder of a token or so and does not count until the end is in sight: a cut stream must be estimated.
 */
export class StreamUsage {
  #raw: JsonObject = {}
  #ending = false

  /** The figures of `message_start`. */
  start(usage: JsonValue | undefined): void {
    if (isObject(usage)) this.#raw = { ...usage }
  }

  /** The totals of `message_delta`: those it leaves out keep their first value. */
  update(usage: JsonValue | undefined): void {
    this.#ending = true
    for (const [field, value] of Object.entries(isObject(usage) ? usage : {})) {
      if (value !== null) this.#raw[field] = value
    }
  }

  /** What is known so far; undefined when nothing is. */
  get current(): Usage | undefined {
    if (Object.keys(this.#raw).length === 0) return undefined
    const { outputText, reasoning, ...input } = decodeUsage({ ...this.#raw })
    return this.#ending ? { ...input, ...defined({ outputText, reasoning }) } : input
  }
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : undefined
}

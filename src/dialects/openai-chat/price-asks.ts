import { type CallExtras, TOOL_USE_TOKENS, UNLIMITED_TOOL_USES } from '../../canonical/call-extras.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FeeCounter } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { withTwins } from '../openai-twins.ts'

/** Tools of this format that the caller runs itself. */
const CALLERS_OWN: ReadonlySet<JsonValue | undefined> = new Set(['custom'])
/** How many sources xAI searches when the call does not say: https://docs.x.ai/docs/guides/live-search (2026-11-21) */
const XAI_SOURCES = 15

/**
 * What a request asks for that changes its price: the service tier, and tools that the host runs. OpenAI's search models search once a call;
 * OpenRouter has plugins, xAI a search of its own, and hosts differ in how they call their tools.
 */
export function priceAsks(request: CanonicalRequest): CallExtras {
  const own = withTwins(request.extensions, 'openai-chat')
  const uses: Partial<Record<FeeCounter, number>> = {}
  let rounds = 0
  const add = (counter: FeeCounter, count: number, inRounds = count) => {
    uses[counter] = (uses[counter] ?? 0) + count
    rounds += inRounds
  }
  if (isObject(own.web_search_options)) add('webSearches', 1)
  if (Array.isArray(own.plugins) && own.plugins.length > 0) add('otherToolUses', own.plugins.length)
  if (isObject(own.search_parameters) && own.search_parameters.mode !== 'off') {
    add('otherToolUses', countOf(own.search_parameters.max_search_results) ?? XAI_SOURCES, 1)
  }
  for (const tool of request.tools ?? []) {
    if (tool.type === 'function' || tool.dialect !== 'openai-chat' || CALLERS_OWN.has(tool.definition.type)) continue
    add(isWebSearch(tool.definition) ? 'webSearches' : 'otherToolUses', UNLIMITED_TOOL_USES)
  }
  const tier = own.service_tier
  return {
    ...(typeof tier === 'string' && tier !== '' ? { serviceTier: tier } : {}),
    ...(rounds > 0 ? { toolUses: uses, toolTokens: rounds * TOOL_USE_TOKENS } : {}),
  }
}

function isWebSearch({ type }: JsonObject): boolean {
  return typeof type === 'string' && /^(?:openrouter:)?web_search/.test(type)
}

function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : undefined
}

import { type CallExtras, TOOL_USE_TOKENS, UNLIMITED_TOOL_USES } from '../../canonical/call-extras.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FeeCounter } from '../../canonical/usage.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { ownExtensions } from './extensions.ts'

/*
 * What Anthropic's own tools cost: https://platform.claude.com/docs/en/about-claude/pricing#specific-tool-pricing (2026-11-21). Most are run by the caller, or cost
 * nothing but their tokens. Code execution is free beside the newer search and fetch tools.
 */

/** Tools that the caller runs itself, or that only choose among what the request has. */
const CALLERS_OWN = /^(?:bash|text_editor|computer|computer_toolset|browser_toolset|memory|tool_search_tool)(?:_|$)/
/** Tools that cost nothing but the tokens that they bring. */
const FREE = /^(?:web_fetch|mcp_toolset)(?:_|$)/
/** From these versions on, search and fetch make code execution free. */
const MAKES_CODE_FREE = /^web_(?:search|fetch)_(\d{8})$/
const FREE_SINCE = 20_260_209

/** What a request asks for that changes its price: how it is served, where it is computed, and tools that Anthropic runs. */
export function priceAsks(request: CanonicalRequest): CallExtras {
  const own = ownExtensions(request.extensions)
  const tier = own.speed === 'fast' ? 'fast' : own.service_tier
  return {
    ...(typeof tier === 'string' && tier !== '' ? { serviceTier: tier } : {}),
    ...(typeof own.inference_geo === 'string' ? { geography: own.inference_geo } : {}),
    ...toolsOf(request),
  }
}

function toolsOf(request: CanonicalRequest): Pick<CallExtras, 'toolUses' | 'toolTokens'> {
  const definitions = (request.tools ?? []).flatMap((tool) =>
    tool.type === 'hosted' && tool.dialect === 'anthropic-messages' ? [tool.definition] : [],
  )
  const codeIsFree = definitions.some((tool) => Number(MAKES_CODE_FREE.exec(typeOf(tool))?.[1] ?? 0) >= FREE_SINCE)
  const uses: Partial<Record<FeeCounter, number>> = {}
  let toolTokens = 0
  for (const tool of definitions) {
    const type = typeOf(tool)
    if (CALLERS_OWN.test(type)) continue
    const most = type.startsWith('code_execution_') ? 1 : mostUses(tool)
    toolTokens += most * (countOf(tool.max_content_tokens) ?? TOOL_USE_TOKENS)
    if (FREE.test(type)) continue
    if (type.startsWith('web_search_')) uses.webSearches = (uses.webSearches ?? 0) + most
    else if (!type.startsWith('code_execution_')) uses.otherToolUses = (uses.otherToolUses ?? 0) + most
    else if (!codeIsFree) uses.codeSessions = 1
  }
  return {
    ...(Object.keys(uses).length > 0 ? { toolUses: uses } : {}),
    ...(toolTokens > 0 ? { toolTokens } : {}),
  }
}

function typeOf({ type }: JsonObject): string {
  return typeof type === 'string' ? type : ''
}

function mostUses({ max_uses: most }: JsonObject): number {
  return countOf(most) ?? UNLIMITED_TOOL_USES
}

function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

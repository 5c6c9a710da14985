import { type CallExtras, UNLIMITED_TOOL_USES } from '../../canonical/call-extras.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FeeCounter } from '../../canonical/usage.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ownExtensions } from './own-extensions.ts'

/*
 * What Anthropic's own tools cost: https://platform.claude.com/docs/en/about-claude/pricing#specific-tool-pricing (2026-11-21). Most are run by the caller, or cost
 * nothing but their tokens. Code execution is free beside the newer search and fetch tools.
 */

/** Tools that cost their tokens alone. */
const FREE =
  /^(?:bash|text_editor|computer|computer_toolset|browser_toolset|memory|tool_search_tool|web_fetch|mcp_toolset)(?:_|$)/
/** From these versions on, search and fetch make code execution free. */
const MAKES_CODE_FREE = /^web_(?:search|fetch)_(\d{8})$/
const FREE_SINCE = 20_260_209

/** What a request asks for that changes its price: how it is served, where it is computed, and tools that Anthropic runs. */
export function priceAsks(request: CanonicalRequest): CallExtras {
  const own = ownExtensions(request.extensions)
  const toolUses = toolUsesOf(request)
  const tier = own.speed === 'fast' ? 'fast' : own.service_tier
  return {
    ...(typeof tier === 'string' && tier !== '' ? { serviceTier: tier } : {}),
    ...(typeof own.inference_geo === 'string' ? { geography: own.inference_geo } : {}),
    ...(toolUses ? { toolUses } : {}),
  }
}

function toolUsesOf(request: CanonicalRequest): Partial<Record<FeeCounter, number>> | null {
  const definitions = (request.tools ?? []).flatMap((tool) =>
    tool.type === 'hosted' && tool.dialect === 'anthropic-messages' ? [tool.definition] : [],
  )
  if (definitions.length === 0) return null
  const codeIsFree = definitions.some((tool) => Number(MAKES_CODE_FREE.exec(typeOf(tool))?.[1] ?? 0) >= FREE_SINCE)
  const uses: Partial<Record<FeeCounter, number>> = {}
  for (const tool of definitions) {
    const type = typeOf(tool)
    if (FREE.test(type)) continue
    if (type.startsWith('web_search_')) uses.webSearches = (uses.webSearches ?? 0) + mostUses(tool)
    else if (!type.startsWith('code_execution_')) uses.otherToolUses = (uses.otherToolUses ?? 0) + mostUses(tool)
    else if (!codeIsFree) uses.codeSessions = 1
  }
  return Object.keys(uses).length > 0 ? uses : null
}

function typeOf({ type }: JsonObject): string {
  return typeof type === 'string' ? type : ''
}

function mostUses({ max_uses: most }: JsonObject): number {
  return typeof most === 'number' && Number.isSafeInteger(most) && most >= 0 ? most : UNLIMITED_TOOL_USES
}

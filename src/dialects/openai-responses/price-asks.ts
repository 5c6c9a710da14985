import { type CallExtras, TOOL_USE_TOKENS, UNLIMITED_TOOL_USES } from '../../canonical/call-extras.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FeeCounter } from '../../canonical/usage.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { withTwins } from '../openai-twins.ts'

/*
 * What the provider's own tools cost: https://developers.openai.com/api/docs/pricing (2026-11-21). Searches in the web and in files are paid by the piece, code by
 * the container. Tools of an MCP server cost their tokens.
 */

/** Tools that the caller runs itself, or that only choose among the caller's. */
const CALLERS_OWN = /^(?:custom|computer|computer_use_preview|local_shell|apply_patch|namespace|tool_search)$/
/** Tools that run code in a container, which is paid once however often it is used. */
const CONTAINER = /^(?:code_interpreter|code_execution|shell)$/

/** What a request asks for that changes its price: how it is served, and tools that the provider runs. */
export function priceAsks(request: CanonicalRequest): CallExtras {
  const own = withTwins(request.extensions, 'openai-responses')
  const tier = own.service_tier
  return {
    ...(typeof tier === 'string' && tier !== '' ? { serviceTier: tier } : {}),
    ...toolsOf(request, mostUses(own)),
  }
}

function toolsOf(request: CanonicalRequest, most: number): Pick<CallExtras, 'toolUses' | 'toolTokens'> {
  const uses: Partial<Record<FeeCounter, number>> = {}
  let rounds = 0
  for (const tool of request.tools ?? []) {
    if (tool.type === 'function' || tool.dialect !== 'openai-responses' || isCallersOwn(tool.definition)) continue
    rounds += most
    const counter = counterOf(tool.definition)
    if (counter) uses[counter] = counter === 'codeSessions' ? 1 : (uses[counter] ?? 0) + most
  }
  return {
    ...(Object.keys(uses).length > 0 ? { toolUses: uses } : {}),
    ...(rounds > 0 ? { toolTokens: rounds * TOOL_USE_TOKENS } : {}),
  }
}

/** `max_tool_calls` is a limit over all tools. */
function mostUses({ max_tool_calls: most }: JsonObject): number {
  return typeof most === 'number' && Number.isSafeInteger(most) && most >= 0 ? most : UNLIMITED_TOOL_USES
}

/** A shell runs where its environment says; without one it is a container's. */
function isCallersOwn({ type, environment }: JsonObject): boolean {
  if (type === 'shell') return isObject(environment) && environment.type === 'local'
  return typeof type === 'string' && CALLERS_OWN.test(type)
}

function counterOf({ type }: JsonObject): FeeCounter | null {
  if (typeof type !== 'string') return 'otherToolUses'
  if (/^web_search/.test(type)) return 'webSearches'
  if (type === 'file_search') return 'fileSearches'
  if (CONTAINER.test(type)) return 'codeSessions'
  return type === 'mcp' ? null : 'otherToolUses'
}

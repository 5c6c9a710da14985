import { type CallExtras, TOOL_USE_TOKENS, UNLIMITED_TOOL_USES } from '../../canonical/call-extras.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FeeCounter } from '../../canonical/usage.ts'
import { DIALECT, ownExtensions } from './extensions.ts'

/*
 * What Google's own tools cost: https://ai.google.dev/gemini-api/docs/pricing (2026-11-21). Searches are charged by the query from Gemini 3 on, by the answer before; maps likewise.
 * Code, pages and stored files cost nothing but the tokens that they bring into the prompt.
 */

/** Tools that search the web, under all their names. */
const SEARCHES = new Set(['googleSearch', 'googleSearchRetrieval', 'enterpriseWebSearch'])
/** Tools that are charged by their tokens alone. */
const FREE = new Set(['codeExecution', 'urlContext', 'fileSearch'])
/** Tools that the caller runs itself. */
const CALLERS_OWN = new Set(['computerUse'])

/** What a request asks for that changes its price: how it is served, and tools that Google runs. */
export function priceAsks(request: CanonicalRequest): CallExtras {
  const tier = ownExtensions(request.extensions).serviceTier
  const uses: Partial<Record<FeeCounter, number>> = {}
  let rounds = 0
  for (const tool of request.tools ?? []) {
    if (tool.type !== 'hosted' || tool.dialect !== DIALECT) continue
    for (const name of Object.keys(tool.definition)) {
      if (CALLERS_OWN.has(name)) continue
      rounds += UNLIMITED_TOOL_USES
      if (FREE.has(name)) continue
      const counter: FeeCounter = SEARCHES.has(name) ? 'webSearches' : 'otherToolUses'
      uses[counter] = (uses[counter] ?? 0) + UNLIMITED_TOOL_USES
    }
  }
  return {
    ...(typeof tier === 'string' && tier !== '' ? { serviceTier: tier.toLowerCase() } : {}),
    ...(Object.keys(uses).length > 0 ? { toolUses: uses } : {}),
    ...(rounds > 0 ? { toolTokens: rounds * TOOL_USE_TOKENS } : {}),
  }
}

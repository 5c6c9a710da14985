import type { CanonicalRequest } from '../canonical/request.ts'
import type { HostedTool } from '../canonical/tool.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import type { OfferedTool } from '../policy/offered-tool.ts'

/*
 * The tools that a call offers to a model, by the names that policy has for them. A function goes by its name. A tool that the provider runs goes by its kind, and
 * never by a name that its caller could choose: `web_search`, `code_execution`, `mcp`.
 */

/** Fields beside `tools` that bring tools of the provider's own. */
const ELSEWHERE: Readonly<Record<string, string>> = { web_search_options: 'web_search', mcp_servers: 'mcp' }

/** All tools of a call, with their places in the caller's body; a call of the library has none. */
export function offeredTools({ tools = [] }: CanonicalRequest, body: JsonObject | null): readonly OfferedTool[] {
  const places = body ? placesIn(body) : new Map<string, string>()
  const place = (name: string, index: number): OfferedTool => ({ name, path: places.get(name) ?? `tools[${index}]` })
  const offered = tools.flatMap((tool, index) =>
    tool.type === 'function' ? [place(tool.name, index)] : kindsOf(tool).map((kind) => place(kind, index)),
  )
  for (const [field, name] of Object.entries(ELSEWHERE)) {
    if (body?.[field] !== undefined && body[field] !== null) offered.push({ name, path: field })
  }
  return offered
}

/** What a tool of a provider is. One entry of Gemini's may hold several. */
function kindsOf({ definition }: Pick<HostedTool, 'definition'>): readonly string[] {
  const { type } = definition
  if (type === 'custom') return [customName(definition)]
  // Anthropic's kinds end with the day of their version.
  if (typeof type === 'string') return [type.replace(/_\d{8}$/, '')]
  return Object.keys(definition).map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
}

/** OpenAI's custom tools are run by the caller: they have names, as functions do. */
function customName(definition: JsonObject): string {
  const { name, custom } = definition
  const inner = isObject(custom) ? custom.name : undefined
  return typeof name === 'string' ? name : typeof inner === 'string' ? inner : 'custom'
}

/** Where each function is named, in the body's own words. */
function placesIn({ tools }: JsonObject): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  const note = (named: unknown, path: string): void => {
    if (isObject(named) && typeof named.name === 'string' && !places.has(named.name)) places.set(named.name, path)
  }
  if (!Array.isArray(tools)) return places
  for (const [index, tool] of tools.entries()) {
    if (!isObject(tool)) continue
    const path = `tools[${index}]`
    note(tool, `${path}.name`)
    note(tool.function, `${path}.function.name`)
    note(tool.custom, `${path}.custom.name`)
    for (const field of ['functionDeclarations', 'function_declarations']) {
      const declared = tool[field]
      if (!Array.isArray(declared)) continue
      for (const [at, one] of declared.entries()) note(one, `${path}.${field}[${at}].name`)
    }
  }
  return places
}

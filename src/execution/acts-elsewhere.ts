import type { CanonicalRequest } from '../canonical/request.ts'
import type { AttemptFailure, FailureClass } from './attempt-failure.ts'

/** Replies with which a provider says that it did nothing. */
const NOTHING_DONE: ReadonlySet<FailureClass> = new Set(['rate_limited', 'credential', 'kill_switch_on'])

/**
 * Whether the provider may have done something in the world before it failed, so that asking again could do it twice: it was given servers of tools (MCP) to call by
 * itself, and was reached.
 */
export function mayHaveActed(request: CanonicalRequest, { failure, error, mayCost }: AttemptFailure): boolean {
  if (!actsElsewhere(request) || NOTHING_DONE.has(failure)) return false
  return mayCost || error.upstream?.status !== undefined
}

/** Whether a call gives its provider servers of tools (MCP) to call by itself: then it may do something in the world that no answer undoes. */
export function actsElsewhere({ tools = [], extensions = {} }: CanonicalRequest): boolean {
  for (const tool of tools) if (tool.type === 'hosted' && String(tool.definition.type).startsWith('mcp')) return true
  for (const own of Object.values(extensions)) if (own && 'mcp_servers' in own) return true
  return false
}

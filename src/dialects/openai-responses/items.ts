import type { OpaquePart, ToolCallPart } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'
import { othersOf } from '../openai-chat/fields.ts'
import { asExtensions, ownPart } from './extensions.ts'

/*
 * Items that stand for something the model did: what an answer is made of, and what a caller gives back of it.
 */

/** Calls that wait for the caller; those of tools that the provider runs go on by themselves. */
const CALLERS_CALLS: ReadonlySet<unknown> = new Set([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
  'mcp_approval_request',
])

/** Whether an item is a call that the caller has to answer; `output` is the answer that it stands in. */
export function isCallersCall(item: JsonObject, output: readonly JsonObject[]): boolean {
  if (item.type === 'tool_search_call') return item.execution === 'client'
  // A shell is the caller's unless the provider has run it.
  if (item.type === 'shell_call') {
    return !output.some((other) => other.type === 'shell_call_output' && other.call_id === item.call_id)
  }
  return CALLERS_CALLS.has(item.type)
}

/** The id, status and arguments belong to the item; what else a call says (its `namespace`) is this format's own. */
const CALL_FIELDS: ReadonlySet<string> = new Set([
  ...['type', 'id', 'item_id', 'output_index', 'status', 'call_id', 'name', 'arguments', 'cache_key'],
])

/** A function call with all that it says; a custom tool's, or one without a name or an id, as it is. */
export function decodeCall(item: JsonObject): ToolCallPart | OpaquePart {
  const { call_id: id, name } = item
  if (typeof name !== 'string' || name === '' || typeof id !== 'string' || id === '') return ownPart(item)
  return { type: 'tool-call', id, name, arguments: argumentsText(item.arguments), ...callExtensions(item) }
}

/** What only this format says of a call. */
export function callExtensions(item: JsonObject): Pick<ToolCallPart, 'extensions'> {
  return asExtensions(othersOf(item, CALL_FIELDS))
}

/** Argument text as the model wrote it, whole or broken; nothing at all is an empty object. */
export function argumentsText(value: JsonObject[string] | undefined): string {
  return typeof value === 'string' && value.trim() !== '' ? value : '{}'
}

import type { Part, ToolResultPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { asObject, invalid, optionalList, optionalString, pathOf, requiredString } from '../openai-chat/fields.ts'
import { withCitations } from './citations.ts'
import { decodeContent, toolCallPart } from './content.ts'

/** Reads `messages`. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeMessages(value: JsonValue | undefined): Message[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('messages', 'must be a list of at least one message.')
  return value.map((entry, at) => decodeMessage(asObject(entry, `messages[${at}]`), `messages[${at}]`))
}

function decodeMessage(message: JsonObject, path: string): Message {
  const role = requiredString(message, 'role', path)
  const content = () => decodeContent(message.content, pathOf(path, 'content'))
  switch (role) {
    case 'system':
    case 'user':
      return { role, content: content() }
    case 'assistant':
      return { role, content: assistantParts(message, content(), path) }
    case 'tool':
      return { role, content: [toolResult(message, content(), path)] }
    default:
      throw invalid(pathOf(path, 'role'), `"${role}" is no role; use system, user, assistant or tool.`)
  }
}

/** The plan for the tools is the first thought; a text without words stands only for calls without any. */
function assistantParts(message: JsonObject, content: readonly Part[], path: string): Part[] {
  const plan = optionalString(message, 'tool_plan', path)
  const calls = (optionalList(message, 'tool_calls', path) ?? []).map((value, at) => {
    const callPath = `${pathOf(path, 'tool_calls')}[${at}]`
    const call = asObject(value, callPath)
    requiredString(call, 'id', callPath)
    const part = toolCallPart(call)
    if (!part) throw invalid(`${callPath}.function.name`, 'is missing.')
    return part
  })
  return [
    ...(plan ? [{ type: 'reasoning', text: plan } as const] : []),
    ...withCitations(content, message.citations).filter((part) => part.type !== 'text' || part.text !== ''),
    ...calls,
  ]
}

function toolResult(message: JsonObject, content: readonly Part[], path: string): ToolResultPart {
  const toolCallId = requiredString(message, 'tool_call_id', path)
  const pieces = content.map((part, at) => {
    if (part.type === 'text' || part.type === 'image' || part.type === 'opaque') return part
    throw invalid(`${pathOf(path, 'content')}[${at}]`, `a tool result cannot hold a ${part.type}.`)
  })
  return { type: 'tool-result', toolCallId, content: pieces }
}

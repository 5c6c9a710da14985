import type { Message } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { invalid, object } from '../anthropic-messages/fields.ts'
import { splitResults } from '../split-results.ts'
import { decodeContent } from './decode-content.ts'

/** The system prompt and the conversation of a request, in the order the model reads them. */
export function decodeConversation(body: JsonObject): Message[] {
  const system = body.system ?? undefined
  const messages: Message[] = []
  if (system !== undefined) {
    const content = decodeContent(system, 'system')
    if (content.length > 0) messages.push({ role: 'system', content })
  }
  if (!Array.isArray(body.messages)) throw invalid('messages', 'must be a list of messages.')
  if (body.messages.length === 0) throw invalid('messages', 'is empty; it needs at least one message.')
  return messages.concat(body.messages.flatMap((message, at) => decodeMessage(message, `messages[${at}]`)))
}

function decodeMessage(value: JsonValue, path: string): Message[] {
  const message = object(value, path)
  const parts = decodeContent(message.content, `${path}.content`)
  switch (message.role) {
    case 'user':
      return splitResults(parts)
    case 'assistant':
    case 'system':
      return [{ role: message.role, content: parts }]
    default:
      throw invalid(`${path}.role`, 'must be "user", "assistant" or "system".')
  }
}

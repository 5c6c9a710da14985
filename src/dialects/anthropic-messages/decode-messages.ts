import type { Part } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { splitResults } from '../split-results.ts'
import { openSeals } from './carried-seals.ts'
import { decodeContent } from './decode-content.ts'
import { invalid, object, optionalString } from './fields.ts'

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
  body.messages.forEach((message, at) => {
    for (const turn of decodeMessage(message, `messages[${at}]`)) messages.push(turn)
  })
  return messages
}

function decodeMessage(value: JsonValue, path: string): Message[] {
  const message = object(value, path)
  const cacheKey = optionalString(message, 'cache_key', path)
  const parts = withCacheKey(decodeContent(message.content, `${path}.content`), cacheKey)
  switch (message.role) {
    case 'user':
      return splitResults(parts)
    case 'assistant':
      return [{ role: 'assistant', content: openSeals(parts) }]
    case 'system':
      return [{ role: 'system', content: parts }]
    default:
      throw invalid(`${path}.role`, 'must be "user", "assistant" or "system".')
  }
}

/** A key on the message names the segment that ends with it, so it marks the message's last part that can be marked. */
function withCacheKey(parts: Part[], cacheKey: string | undefined): Part[] {
  if (cacheKey === undefined) return parts
  const last = parts.findLastIndex(isCacheable)
  return parts.map((part, at) => (at === last ? ({ ...part, cacheKey } as Part) : part))
}

function isCacheable(part: Part): boolean {
  return part.type !== 'reasoning' && part.type !== 'audio' && part.type !== 'refusal' && part.type !== 'opaque'
}

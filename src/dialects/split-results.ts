import type { Part } from '../canonical/content.ts'
import type { Message } from '../canonical/request.ts'

/** A user turn that answers tool calls becomes one `tool` message per result, then a user message with what else it says. */
export function splitResults(parts: readonly Part[]): Message[] {
  if (!parts.some((part) => part.type === 'tool-result')) return [{ role: 'user', content: parts }]
  const results = parts.filter((part) => part.type === 'tool-result')
  const rest = parts.filter((part) => part.type !== 'tool-result')
  const messages: Message[] = results.map((result) => ({ role: 'tool', content: [result] }))
  if (rest.length > 0) messages.push({ role: 'user', content: rest })
  return messages
}

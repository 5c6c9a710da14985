import type { DialectName } from '../../canonical/dialect-name.ts'
import type { Usage } from '../../canonical/usage.ts'
import { decodeUsage as usageOfMessages } from '../../dialects/anthropic-messages/usage.ts'
import { decodeUsage as usageOfGoogle } from '../../dialects/google-generate-content/usage.ts'
import { decodeUsage as usageOfChat } from '../../dialects/openai-chat/usage.ts'
import { decodeUsage as usageOfResponses } from '../../dialects/openai-responses/usage.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'

/**
 * What a call used, where a line says it in a provider's own words: in `usage`, or in the `response` that it kept (of batch files its `body`). Null where it does
 * not; counters by our own names are none of these.
 */
export function wireUsageIn(line: JsonObject, dialect: DialectName | null): Usage | null {
  const reply = replyIn(line)
  const said = reply.usage ?? reply.usageMetadata
  if (!isObject(said)) return null
  if (said.prompt_tokens !== undefined) return usageOfChat(said, reply)
  if (said.promptTokenCount !== undefined) return usageOfGoogle(said)
  if (said.input_tokens === undefined) return null
  // Both say `input_tokens`, and mean the prompt without and with what a cache served.
  const isMessages = dialect === 'anthropic-messages' || said.cache_read_input_tokens !== undefined
  return isMessages ? usageOfMessages(said) : usageOfResponses(said, reply)
}

function replyIn(line: JsonObject): JsonObject {
  const { response } = line
  if (!isObject(response)) return line
  return isObject(response.body) ? response.body : response
}

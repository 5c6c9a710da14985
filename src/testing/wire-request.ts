import type { DialectName } from '../canonical/dialect-name.ts'
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { countTokens } from '../providers/simulated/tokens.ts'

/** The wire formats the wall speaks, by the gateway's names. */
export type WallDialect = DialectName

/** How ids begin in a format: of answers, and of tool calls. */
export interface IdPrefix {
  readonly answer: string
  readonly call: string
}

/** What the wall has to know of a request, whichever format it came in. */
export interface WireRequest {
  readonly dialect: WallDialect
  readonly model: string
  readonly stream: boolean
  /** OpenAI: whether the stream ends with a usage event. Always true for Anthropic. */
  readonly includeUsage: boolean
  readonly maxTokens: number | null
  readonly stops: readonly string[]
  readonly choices: number
  readonly tools: readonly { readonly name: string; readonly parameters: JsonValue | undefined }[]
  /** A tool must be called: this one, or (empty) any. */
  readonly mustCall: string | null
  /** JSON was asked for: the schema, or an empty object. */
  readonly json: JsonValue | null
  readonly promptTokens: number
  /** The texts whose vectors are asked for, and how long those are to be; absent where words are asked for. */
  readonly embed?: { readonly texts: readonly string[]; readonly dimensions: number; readonly base64: boolean }
  readonly lastRole: string
  /** The text of the last message of a person. */
  readonly lastUserText: string
}

/** Tokens that the wall counts for an image, a sound or a document. */
const MEDIA_TOKENS = 85

/**
 * The tokens of a prompt as the wall bills them: every text of the system prompt, the messages, tool calls and tool results, the
 * JSON of the tools, and 85 for each image, sound or document. The same conversation counts the same in both formats, but for the JSON of its tools.
 */
export function promptTokens(body: JsonObject): number {
  const tools = Array.isArray(body.tools) && body.tools.length > 0 ? countTokens(JSON.stringify(body.tools)) : 0
  return contentTokens(body.system) + contentTokens(body.messages) + tools
}

/** Tokens of a message, a list of them, a content part, or a text: whatever the two formats put there. */
function contentTokens(content: JsonValue | undefined): number {
  if (typeof content === 'string') return countTokens(content)
  if (Array.isArray(content)) return content.reduce<number>((sum, part) => sum + contentTokens(part), 0)
  if (!isObject(content)) return 0
  if (/^(image|image_url|input_audio|document|file)$/.test(String(content.type))) return MEDIA_TOKENS
  let tokens = contentTokens(content.content) + contentTokens(content.text) + contentTokens(content.thinking)
  if (isObject(content.function))
    tokens += contentTokens(content.function.name) + contentTokens(content.function.arguments)
  if (content.type === 'tool_use') tokens += contentTokens(content.name) + countTokens(JSON.stringify(content.input))
  return tokens + contentTokens(content.tool_calls) + contentTokens(content.reasoning_content)
}

/** The text of a message's content in either format. */
export function contentText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('')
}

/** The text of the last user message that has any. */
export function lastUserText(messages: readonly JsonValue[]): string {
  for (const message of messages.toReversed())
    if (isObject(message) && message.role === 'user' && contentText(message.content))
      return contentText(message.content)
  return ''
}

/** A whole number above zero, or null. */
export function positive(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null
}

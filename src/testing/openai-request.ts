import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { lastUserText, positive, promptTokens, type WireRequest } from './wire-request.ts'

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])
const MOST_STOPS = 4

/** Reads a Chat Completions request as strictly as OpenAI does. Throws BadRequest. */
export function readOpenAiRequest(body: JsonObject): WireRequest {
  const messages = body.messages
  if (typeof body.model !== 'string' || body.model === '') throw new BadRequest('you must provide a model parameter')
  if (!Array.isArray(messages)) throw new BadRequest("Missing required parameter: 'messages'.", 'messages')
  if (messages.length === 0) throw new BadRequest("Invalid 'messages': empty array.", 'messages')
  checkMessages(messages)
  checkOptions(body)
  const format = isObject(body.response_format) ? body.response_format : {}
  const last = messages.at(-1)
  return {
    dialect: 'openai-chat',
    model: body.model,
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    maxTokens: positive(body.max_completion_tokens) ?? positive(body.max_tokens),
    stops: stopsOf(body.stop),
    choices: positive(body.n) ?? 1,
    tools: toolsOf(body.tools),
    mustCall: mustCall(body.tool_choice),
    json: jsonAsked(format),
    promptTokens: promptTokens(body),
    lastRole: isObject(last) ? String(last.role) : '',
    lastUserText: lastUserText(messages),
  }
}

function checkMessages(messages: readonly JsonValue[]): void {
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    if (!isObject(message) || !ROLES.has(String(message.role)))
      throw new BadRequest(`Invalid value: '${path}.role'.`, `${path}.role`)
    if (message.role === 'tool') {
      if (!open.delete(String(message.tool_call_id)))
        throw new BadRequest(
          "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
          path,
        )
      continue
    }
    checkAnswered(open, path)
    if (message.role !== 'assistant') continue
    const calls = Array.isArray(message.tool_calls) ? message.tool_calls : []
    if (Array.isArray(message.tool_calls) && calls.length === 0)
      throw new BadRequest(`Invalid '${path}.tool_calls': empty array.`, path)
    open = new Set(calls.map((call) => (isObject(call) ? String(call.id) : '')))
  }
  checkAnswered(open, 'messages')
}

function checkAnswered(open: ReadonlySet<string>, path: string): void {
  if (open.size === 0) return
  const missing = [...open].join(', ')
  throw new BadRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. Not answered: ${missing}`,
    path,
  )
}

function checkOptions(body: JsonObject): void {
  if (body.max_tokens != null && body.max_completion_tokens != null)
    throw new BadRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
    )
  for (const name of ['max_tokens', 'max_completion_tokens', 'n'])
    if (body[name] != null && positive(body[name]) === null)
      throw new BadRequest(`Invalid '${name}': not a whole number of at least 1.`, name)
  if (body.stream_options != null && body.stream !== true)
    throw new BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  if (stopsOf(body.stop).length > MOST_STOPS)
    throw new BadRequest(`Invalid 'stop': at most ${MOST_STOPS} items.`, 'stop')
  if (Array.isArray(body.tools) && body.tools.length === 0)
    throw new BadRequest("Invalid 'tools': empty array.", 'tools')
  if (body.tools != null) return
  for (const name of ['tool_choice', 'parallel_tool_calls'])
    if (body[name] != null) throw new BadRequest(`'${name}' is only allowed when 'tools' are specified.`, name)
}

function stopsOf(stop: JsonValue | undefined): readonly string[] {
  if (typeof stop === 'string') return [stop]
  return Array.isArray(stop) ? stop.map(String) : []
}

function toolsOf(tools: JsonValue | undefined): WireRequest['tools'] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool) =>
    isObject(tool) && isObject(tool.function)
      ? [{ name: String(tool.function.name), parameters: tool.function.parameters }]
      : [],
  )
}

function mustCall(choice: JsonValue | undefined): string | null {
  if (choice === 'required') return ''
  return isObject(choice) && isObject(choice.function) ? String(choice.function.name) : null
}

function jsonAsked(format: JsonObject): JsonValue | null {
  if (format.type === 'json_object') return {}
  if (format.type !== 'json_schema') return null
  return isObject(format.json_schema) ? (format.json_schema.schema ?? {}) : {}
}

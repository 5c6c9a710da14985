import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { lastUserText, positive, promptTokens, type WireRequest } from './wire-request.ts'

const ROLES = new Set(['system', 'user', 'assistant', 'tool'])
const MOST_STOPS = 5
const FIELDS = new Set([
  ...['model', 'messages', 'stream', 'tools', 'strict_tools', 'documents', 'citation_options', 'response_format'],
  ...['safety_mode', 'max_tokens', 'stop_sequences', 'temperature', 'seed', 'frequency_penalty', 'presence_penalty'],
  ...['k', 'p', 'logprobs', 'tool_choice', 'thinking', 'priority', 'raw_prompting'],
])
const TOOL_FIELDS = new Set(['name', 'description', 'parameters'])
/** Numbers and the range that each must be in. */
const RANGES: readonly (readonly [field: string, least: number, most: number])[] = [
  ['p', 0.01, 0.99],
  ['k', 0, 500],
  ['frequency_penalty', 0, 1],
  ['presence_penalty', 0, 1],
]

/** Reads a chat request of version 2 as strictly as Cohere does. Throws BadRequest. */
export function readCohereRequest(body: JsonObject): WireRequest {
  const { messages } = body
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) throw unknownField(field)
  if (typeof body.model !== 'string' || body.model === '') throw new BadRequest('model is required', 'model')
  if (!Array.isArray(messages) || messages.length === 0)
    throw new BadRequest('messages must contain at least one message', 'messages')
  checkMessages(messages)
  checkOptions(body)
  const last = messages.at(-1)
  const format = isObject(body.response_format) ? body.response_format : {}
  return {
    dialect: 'cohere-chat',
    model: body.model,
    stream: body.stream === true,
    includeUsage: true,
    maxTokens: positive(body.max_tokens),
    stops: Array.isArray(body.stop_sequences) ? body.stop_sequences.map(String) : [],
    choices: 1,
    tools: toolsOf(body.tools),
    mustCall: body.tool_choice === 'REQUIRED' ? '' : null,
    json: format.type === 'json_object' ? (format.json_schema ?? {}) : null,
    promptTokens: promptTokens(body),
    lastRole: isObject(last) ? String(last.role) : '',
    lastUserText: lastUserText(messages),
  }
}

function unknownField(field: string): BadRequest {
  return new BadRequest(`unknown field: parameter '${field}' is not a valid field.`, field, 422)
}

function checkMessages(messages: readonly JsonValue[]): void {
  let open = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    if (!isObject(message) || !ROLES.has(String(message.role)))
      throw new BadRequest(`invalid request: ${path} has no valid role`, path)
    if (message.role === 'tool') {
      if (!open.delete(String(message.tool_call_id)))
        throw new BadRequest(`invalid request: no tool call found for the result in ${path}`, path)
      checkContent(message, path, ['text', 'document'])
      continue
    }
    if (open.size > 0)
      throw new BadRequest(`invalid request: no results for the tool calls ${[...open].join(', ')}`, path)
    const calls = Array.isArray(message.tool_calls) ? message.tool_calls.filter(isObject) : []
    open = new Set(calls.map(({ id }) => String(id)))
    if (message.role === 'assistant') checkContent(message, path, ['text', 'thinking'])
    else checkContent(message, path, message.role === 'user' ? ['text', 'image_url'] : ['text'])
    if (isEmpty(message.content) && calls.length === 0)
      throw new BadRequest('invalid request: message must be at least 1 token long', path)
  }
  if (open.size > 0) throw new BadRequest(`invalid request: no results for the tool calls ${[...open].join(', ')}`)
}

function checkContent(message: JsonObject, path: string, types: readonly string[]): void {
  const parts = Array.isArray(message.content) ? message.content : []
  for (const [at, part] of parts.entries())
    if (!isObject(part) || !types.includes(String(part.type)))
      throw new BadRequest(
        `invalid type at ${path}.content[${at}]: a ${String(message.role)} may say ${types.join(' and ')}`,
      )
}

function isEmpty(content: JsonValue | undefined): boolean {
  return content === undefined || content === null || content === '' || (Array.isArray(content) && content.length === 0)
}

function checkOptions(body: JsonObject): void {
  for (const [field, least, most] of RANGES) {
    const value = body[field]
    if (value === undefined) continue
    if (typeof value !== 'number' || value < least || value > most)
      throw new BadRequest(`${field} must be between ${least} and ${most} inclusive.`, field)
  }
  if (typeof body.temperature === 'number' && body.temperature < 0)
    throw new BadRequest('temperature must not be negative.', 'temperature')
  if (body.max_tokens !== undefined && positive(body.max_tokens) === null)
    throw new BadRequest('max_tokens must be a positive integer.', 'max_tokens')
  if (Array.isArray(body.stop_sequences) && body.stop_sequences.length > MOST_STOPS)
    throw new BadRequest(`too many stop sequences: at most ${MOST_STOPS} are allowed.`, 'stop_sequences')
  if (body.tool_choice !== undefined && body.tool_choice !== 'REQUIRED' && body.tool_choice !== 'NONE')
    throw new BadRequest('tool_choice must be one of REQUIRED, NONE.', 'tool_choice')
  if (body.tool_choice !== undefined && toolsOf(body.tools).length === 0)
    throw new BadRequest('tool_choice may only be specified with tools.', 'tool_choice')
}

function toolsOf(tools: JsonValue | undefined): WireRequest['tools'] {
  if (!Array.isArray(tools)) return []
  return tools.map((tool, at) => {
    const definition = isObject(tool) && isObject(tool.function) ? tool.function : {}
    for (const field of Object.keys(definition)) if (!TOOL_FIELDS.has(field)) throw unknownField(field)
    if (!isObject(definition.parameters)) throw new BadRequest(`tools[${at}].function.parameters is required`, 'tools')
    return { name: String(definition.name), parameters: definition.parameters }
  })
}

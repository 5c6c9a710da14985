import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { checkResponsesItems } from './openai-responses-items.ts'
import { lastUserText, positive, promptTokens, type WireRequest } from './wire-request.ts'

/** What OpenAI takes; anything else is an "Unknown parameter". */
const FIELDS: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'stream', 'stream_options', 'store', 'background', 'include', 'metadata'],
  ...['max_output_tokens', 'max_tool_calls', 'temperature', 'top_p', 'top_logprobs', 'truncation', 'service_tier'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'text', 'reasoning', 'user', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'previous_response_id', 'conversation'],
  ...['prompt', 'context_management', 'moderation'],
])
const LEAST_CAP = 16

/** Reads a Responses request as strictly as OpenAI does. Throws BadRequest. */
export function readResponsesRequest(body: JsonObject): WireRequest {
  if (typeof body.model !== 'string' || body.model === '') throw new BadRequest('you must provide a model parameter')
  for (const field of Object.keys(body))
    if (!FIELDS.has(field)) throw new BadRequest(`Unknown parameter: '${field}'.`, field)
  checkOptions(body)
  const items = itemsOf(body.input)
  checkResponsesItems(items)
  const format = isObject(body.text) && isObject(body.text.format) ? body.text.format : {}
  const last = items.at(-1)
  return {
    dialect: 'openai-responses',
    model: body.model,
    stream: body.stream === true,
    includeUsage: true,
    maxTokens: positive(body.max_output_tokens),
    stops: [],
    choices: 1,
    tools: toolsOf(body.tools),
    mustCall: mustCall(body.tool_choice),
    json: format.type === 'json_object' ? {} : format.type === 'json_schema' ? (format.schema ?? {}) : null,
    promptTokens: promptTokens({
      system: body.instructions ?? null,
      messages: items.map(countable),
      tools: body.tools ?? null,
    }),
    lastRole: String(last?.role ?? last?.type ?? ''),
    lastUserText: lastUserText(items),
  }
}

/** A bare text is one message of the user. */
function itemsOf(input: JsonValue | undefined): JsonObject[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  if (!Array.isArray(input) || input.length === 0)
    throw new BadRequest(
      "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation' must be provided.",
      'input',
    )
  return input.map((item, at) => {
    if (isObject(item)) return item
    throw new BadRequest(`Invalid type for 'input[${at}]': expected an object.`, `input[${at}]`)
  })
}

function checkOptions(body: JsonObject): void {
  if (body.previous_response_id != null)
    throw new BadRequest(
      `Previous response with id '${String(body.previous_response_id)}' not found.`,
      'previous_response_id',
    )
  if (body.stream_options != null && body.stream !== true)
    throw new BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  const cap = body.max_output_tokens
  if (cap != null && (positive(cap) ?? 0) < LEAST_CAP)
    throw new BadRequest(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${LEAST_CAP}, but got ${cap} instead.`,
      'max_output_tokens',
    )
  const { temperature } = body
  if (temperature != null && (typeof temperature !== 'number' || temperature < 0 || temperature > 2))
    throw new BadRequest("Invalid 'temperature': expected a value between 0 and 2.", 'temperature')
  if (isObject(body.tool_choice) && body.tool_choice.type === 'function') {
    const { name } = body.tool_choice
    if (!toolsOf(body.tools).some((tool) => tool.name === name))
      throw new BadRequest(`Tool choice 'function' not found in 'tools' parameter.`, 'tool_choice')
  }
}

/** Functions stand bare, with their name beside their type. */
function toolsOf(tools: JsonValue | undefined): WireRequest['tools'] {
  if (tools == null) return []
  if (!Array.isArray(tools)) throw new BadRequest("Invalid type for 'tools': expected an array.", 'tools')
  return tools.flatMap((tool, at) => {
    if (!isObject(tool) || typeof tool.type !== 'string')
      throw new BadRequest(`Missing required parameter: 'tools[${at}].type'.`, `tools[${at}].type`)
    if (tool.type !== 'function') return []
    if (typeof tool.name !== 'string')
      throw new BadRequest(`Missing required parameter: 'tools[${at}].name'.`, `tools[${at}].name`)
    return [{ name: tool.name, parameters: tool.parameters }]
  })
}

function mustCall(choice: JsonValue | undefined): string | null {
  if (choice === 'required') return ''
  return isObject(choice) && choice.type === 'function' ? String(choice.name) : null
}

const MEDIA: Readonly<Record<string, string>> = { input_image: 'image', input_file: 'file' }

/** An item in the shape that the tokens of all formats are counted in. */
function countable(item: JsonObject): JsonObject {
  switch (item.type) {
    case 'function_call':
      return { function: { name: item.name ?? '', arguments: item.arguments ?? '' } }
    case 'function_call_output':
      return { content: parts(item.output) }
    case 'reasoning':
      return { content: parts(item.summary) }
    default:
      return { content: parts(item.content) }
  }
}

function parts(content: JsonValue | undefined): JsonValue {
  if (!Array.isArray(content)) return content ?? null
  return content.map((part) => (isObject(part) ? { ...part, type: MEDIA[String(part.type)] ?? part.type ?? '' } : part))
}

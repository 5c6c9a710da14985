import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { lastUserText, positive, promptTokens, type WireRequest } from './wire-request.ts'

const ROLES = new Set(['user', 'assistant', 'system'])

/** Fields that this API version took out: https://platform.claude.com/docs/en/api/migration-2026-10-21 */
const REMOVED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '2026-10-21': ['temperature', 'top_p', 'top_k'],
}

/** Reads a Messages request as strictly as Anthropic does. `version` is the header `anthropic-version`. Throws BadRequest. */
export function readAnthropicRequest(body: JsonObject, version: string | undefined): WireRequest {
  const messages = body.messages
  if (version === undefined) throw new BadRequest('anthropic-version: header is required')
  if (typeof body.model !== 'string' || body.model === '') throw new BadRequest('model: Field required', 'model')
  if (positive(body.max_tokens) === null) throw new BadRequest('max_tokens: Field required', 'max_tokens')
  if (!Array.isArray(messages) || messages.length === 0)
    throw new BadRequest('messages: at least one message is required', 'messages')
  checkMessages(messages)
  checkOptions(body)
  if (isObject(body.thinking) && body.thinking.type === 'enabled') checkThoughts(messages)
  for (const name of REMOVED_FIELDS[version] ?? [])
    if (body[name] !== undefined) throw new BadRequest(`${name}: Extra inputs are not permitted`, name)
  const last = messages.at(-1)
  return {
    dialect: 'anthropic-messages',
    model: body.model,
    stream: body.stream === true,
    includeUsage: true,
    maxTokens: positive(body.max_tokens),
    stops: Array.isArray(body.stop_sequences) ? body.stop_sequences.map(String) : [],
    choices: 1,
    tools: toolsOf(body.tools),
    mustCall: mustCall(body.tool_choice),
    json: schemaAsked(body),
    promptTokens: promptTokens(body),
    lastRole: isObject(last) ? String(last.role) : '',
    lastUserText: lastUserText(messages),
  }
}

function checkMessages(messages: readonly JsonValue[]): void {
  let called: readonly string[] = []
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`
    if (!isObject(message)) throw new BadRequest(`${path}: Input should be an object`, path)
    if (!ROLES.has(String(message.role)))
      throw new BadRequest(`${path}.role: Unexpected role "${String(message.role)}"`, path)
    if (index === 0 && message.role !== 'user')
      throw new BadRequest('messages: first message must use the "user" role', path)
    // An instruction in the middle of a conversation neither calls nor answers tools.
    if (message.role === 'system') continue
    const blocks = blocksOf(message, path, index === messages.length - 1)
    const answered = idsOf(blocks, 'tool_result', 'tool_use_id')
    const missing = called.filter((id) => !answered.includes(id))
    if (missing.length > 0)
      throw new BadRequest(
        `${path}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`,
        path,
      )
    const foreign = answered.filter((id) => !called.includes(id))
    if (foreign.length > 0)
      throw new BadRequest(
        `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${foreign.join(', ')}`,
        path,
      )
    called = message.role === 'assistant' ? idsOf(blocks, 'tool_use', 'id') : []
  }
  if (called.length > 0)
    throw new BadRequest('messages: `tool_use` ids were found without `tool_result` blocks', 'messages')
}

function blocksOf(message: JsonObject, path: string, isLast: boolean): readonly JsonObject[] {
  const content = message.content
  const blocks: JsonValue | undefined = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  if (!Array.isArray(blocks)) throw new BadRequest(`${path}.content: Field required`, path)
  const prefill = isLast && message.role === 'assistant'
  if (blocks.length === 0 && !prefill)
    throw new BadRequest(
      'messages: all messages must have non-empty content except for the optional final assistant message',
      path,
    )
  for (const block of blocks) {
    if (!isObject(block) || typeof block.type !== 'string')
      throw new BadRequest(`${path}.content: each block needs a type`, path)
    if (block.type === 'thinking' && (typeof block.signature !== 'string' || block.signature === ''))
      throw new BadRequest(`${path}.content: thinking.signature: Field required`, path)
    if (block.type !== 'text') continue
    if (block.text === '' || typeof block.text !== 'string')
      throw new BadRequest('messages: text content blocks must be non-empty', path)
    if (prefill && block === blocks.at(-1) && /\s$/.test(block.text))
      throw new BadRequest('messages: final assistant content cannot end with trailing whitespace', path)
  }
  return blocks.filter(isObject)
}

/** While tools are used, the turn that called them must begin with what the model thought. */
function checkThoughts(messages: readonly JsonValue[]): void {
  const at = messages.findLastIndex((message) => isObject(message) && message.role === 'assistant')
  const [first, ...others] = contentOf(messages[at])
  if (!first || !contentOf(messages.at(-1)).some(({ type }) => type === 'tool_result')) return
  const called = [first, ...others].some(({ type }) => type === 'tool_use')
  if (!called || first.type === 'thinking' || first.type === 'redacted_thinking') return
  throw new BadRequest(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first.type)}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
    `messages.${at}`,
  )
}

function contentOf(message: JsonValue | undefined): readonly JsonObject[] {
  return isObject(message) && Array.isArray(message.content) ? message.content.filter(isObject) : []
}

function idsOf(blocks: readonly JsonObject[], type: string, field: string): readonly string[] {
  return blocks.filter((block) => block.type === type).map((block) => String(block[field]))
}

function checkOptions(body: JsonObject): void {
  const { temperature, thinking } = body
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 1))
    throw new BadRequest('temperature: range: 0..1', 'temperature')
  if (Array.isArray(body.stop_sequences) && body.stop_sequences.some((stop) => !/\S/.test(String(stop))))
    throw new BadRequest('stop_sequences: each stop sequence must contain non-whitespace', 'stop_sequences')
  if (body.tool_choice != null && !(Array.isArray(body.tools) && body.tools.length > 0))
    throw new BadRequest('tool_choice: may only be specified while providing tools', 'tool_choice')
  if (!isObject(thinking) || thinking.type !== 'enabled') return
  const budget = positive(thinking.budget_tokens) ?? 0
  if (budget < 1024)
    throw new BadRequest('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024', 'thinking')
  if (budget >= (positive(body.max_tokens) ?? 0))
    throw new BadRequest('`max_tokens` must be greater than `thinking.budget_tokens`', 'max_tokens')
}

function toolsOf(tools: JsonValue | undefined): WireRequest['tools'] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool) =>
    isObject(tool) && tool.input_schema !== undefined
      ? [{ name: String(tool.name), parameters: tool.input_schema }]
      : [],
  )
}

function mustCall(choice: JsonValue | undefined): string | null {
  if (!isObject(choice)) return null
  if (choice.type === 'any') return ''
  return choice.type === 'tool' ? String(choice.name) : null
}

function schemaAsked(body: JsonObject): JsonValue | null {
  const format = isObject(body.output_config) ? body.output_config.format : body.output_format
  return isObject(format) && format.type === 'json_schema' ? (format.schema ?? {}) : null
}

import { isObject, type JsonObject, type JsonValue, parseJson } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { checkBlocks, checkId, memberOf } from './bedrock-blocks.ts'
import { lastUserText, positive, promptTokens, type WireRequest } from './wire-request.ts'

const FIELDS = new Set([
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'guardrailConfig',
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'promptVariables',
  'requestMetadata',
  'performanceConfig',
  'serviceTier',
  'outputConfig',
])
const MOST_CACHE_POINTS = 4

/** Reads a Converse request as strictly as Bedrock does; the address says the model and whether to stream. Throws BadRequest. */
export function readBedrockRequest(body: JsonObject, model: string, stream: boolean): WireRequest {
  for (const field of Object.keys(body))
    if (!FIELDS.has(field)) throw new BadRequest(`extraneous key [${field}] is not permitted`, field)
  const messages = messagesOf(body)
  const config = objectIn(body, 'inferenceConfig')
  checkConfig(config)
  const tools = toolsOf(body, messages)
  checkSystem(body.system)
  checkCachePoints(body)
  const fields = objectIn(body, 'additionalModelRequestFields')
  checkThinking(fields, config)
  if (isObject(fields.thinking) && fields.thinking.type === 'enabled') checkThoughts(messages)
  const last = messages.at(-1)
  const turns = messages.map(plainMessage)
  return {
    dialect: 'bedrock-converse',
    model,
    stream,
    includeUsage: true,
    maxTokens: positive(config.maxTokens),
    stops: Array.isArray(config.stopSequences) ? config.stopSequences.map(String) : [],
    choices: 1,
    tools,
    mustCall: mustCall(body, fields),
    json: schemaAsked(body),
    promptTokens: promptTokens({
      system: plainBlocks(body.system),
      messages: turns,
      tools: objectIn(body, 'toolConfig').tools ?? [],
    }),
    lastRole: String(last?.role),
    lastUserText: lastUserText(turns),
  }
}

function objectIn(source: JsonObject, field: string): JsonObject {
  const value = source[field] ?? {}
  if (isObject(value)) return value
  throw new BadRequest(`Value at '${field}' failed to satisfy: must be an object`, field)
}

function messagesOf(body: JsonObject): readonly JsonObject[] {
  const messages = Array.isArray(body.messages) ? body.messages.filter(isObject) : []
  if (messages.length === 0) throw new BadRequest('The messages field is required and cannot be empty.', 'messages')
  const documents = new Set<string>()
  let called: readonly string[] = []
  messages.forEach(({ role, content }, at) => {
    const path = `messages.${at}`
    if (role !== 'user' && role !== 'assistant')
      throw new BadRequest(
        `Value '${String(role)}' at '${path}.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`,
        path,
      )
    if (at === 0 && role !== 'user')
      throw new BadRequest(
        'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
        path,
      )
    if (at > 0 && messages[at - 1]?.role === role)
      throw new BadRequest(
        `A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.`,
        path,
      )
    checkBlocks(content, role, `${path}.content`, documents)
    const answered = idsOf(content, 'toolResult')
    if (role === 'user') {
      const missing = called.filter((id) => !answered.includes(id))
      if (missing.length > 0)
        throw new BadRequest(
          `Expected toolResult blocks at ${path}.content for the following Ids: ${missing.join(', ')}`,
          path,
        )
      if (answered.some((id) => !called.includes(id)))
        throw new BadRequest(
          `The number of toolResult blocks at ${path}.content exceeds the number of toolUse blocks of previous turn.`,
          path,
        )
    }
    called = role === 'assistant' ? idsOf(content, 'toolUse').filter((id) => !answered.includes(id)) : []
  })
  if (called.length > 0)
    throw new BadRequest(`Expected toolResult blocks for the following Ids: ${called.join(', ')}`, 'messages')
  return messages
}

/** While tools are used, the turn that called them must begin with what Claude thought. */
function checkThoughts(messages: readonly JsonObject[]): void {
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const content = messages[at]?.content
  const [first] = Array.isArray(content) ? content.filter(isObject) : []
  if (!first || first.reasoningContent || idsOf(content, 'toolUse').length === 0) return
  if (idsOf(messages.at(-1)?.content, 'toolResult').length === 0) return
  throw new BadRequest(
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${Object.keys(first).join()}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
    `messages.${at}`,
  )
}

function idsOf(content: JsonValue | undefined, kind: 'toolUse' | 'toolResult'): readonly string[] {
  if (!Array.isArray(content)) return []
  return content.flatMap((block) => {
    const member = isObject(block) ? block[kind] : undefined
    return isObject(member) ? [String(member.toolUseId)] : []
  })
}

function checkConfig({ temperature, topP, maxTokens, stopSequences, ...others }: JsonObject): void {
  for (const field of Object.keys(others)) throw new BadRequest(`extraneous key [${field}] is not permitted`, field)
  for (const [name, value] of Object.entries({ temperature, topP }))
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= 1))
      throw new BadRequest(
        `Value '${String(value)}' at 'inferenceConfig.${name}' failed to satisfy constraint: Member must have value less than or equal to 1`,
        name,
      )
  if (maxTokens !== undefined && positive(maxTokens) === null)
    throw new BadRequest(
      `Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1`,
      'maxTokens',
    )
  if (Array.isArray(stopSequences) && stopSequences.some((stop) => typeof stop !== 'string' || stop.trim() === ''))
    throw new BadRequest('stop_sequences: each stop sequence must contain non-whitespace', 'stopSequences')
}

const TOOL_KINDS = new Set(['toolSpec', 'cachePoint', 'systemTool'])

function toolsOf(body: JsonObject, messages: readonly JsonObject[]): WireRequest['tools'] {
  const config = body.toolConfig === undefined ? null : objectIn(body, 'toolConfig')
  const spoken = messages.some(
    ({ content }) => idsOf(content, 'toolUse').length + idsOf(content, 'toolResult').length > 0,
  )
  if (!config && spoken)
    throw new BadRequest(
      'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
      'toolConfig',
    )
  if (!config) return []
  if (!Array.isArray(config.tools) || config.tools.length === 0)
    throw new BadRequest('The number of tools at toolConfig.tools must be at least 1.', 'toolConfig')
  if (config.toolChoice !== undefined)
    memberOf(config.toolChoice, new Set(['auto', 'any', 'tool']), 'toolConfig.toolChoice')
  return config.tools.flatMap((tool, at) => {
    const path = `toolConfig.tools.${at}`
    const [kind, member] = memberOf(tool, TOOL_KINDS, path)
    if (kind !== 'toolSpec' || !isObject(member)) return []
    checkId(member.name, `${path}.toolSpec.name`)
    if (member.description === '')
      throw new BadRequest(`${path}.toolSpec.description: Member must have length at least 1`, path)
    const schema = isObject(member.inputSchema) ? member.inputSchema.json : undefined
    if (!isObject(schema) || schema.type !== 'object')
      throw new BadRequest(
        `The value at ${path}.toolSpec.inputSchema.json.type must be one of the following: object.`,
        path,
      )
    return [{ name: String(member.name), parameters: schema }]
  })
}

function checkSystem(system: JsonValue | undefined): void {
  if (system === undefined) return
  if (!Array.isArray(system)) throw new BadRequest(`Value at 'system' must be a list`, 'system')
  system.forEach((block, at) => {
    const [kind, text] = memberOf(block, new Set(['text', 'cachePoint', 'guardContent']), `system.${at}`)
    if (kind === 'text' && String(text).trim() === '')
      throw new BadRequest(`system.${at}: text content blocks must be non-empty`, 'system')
  })
}

function checkCachePoints(body: JsonObject): void {
  const points = JSON.stringify(body).split('{"cachePoint":').length - 1
  if (points > MOST_CACHE_POINTS)
    throw new BadRequest(`A maximum of 4 blocks with cache_control may be provided. Found ${points}.`)
}

function checkThinking({ thinking }: JsonObject, { maxTokens, temperature }: JsonObject): void {
  if (!isObject(thinking) || thinking.type !== 'enabled') return
  const budget = positive(thinking.budget_tokens) ?? 0
  if (budget < 1024)
    throw new BadRequest('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  if (budget >= (positive(maxTokens) ?? 0))
    throw new BadRequest('`max_tokens` must be greater than `thinking.budget_tokens`')
  if (typeof temperature === 'number' && temperature !== 1)
    throw new BadRequest('`temperature` may only be set to 1 when thinking is enabled.')
}

function mustCall(body: JsonObject, { tool_choice: claudes }: JsonObject): string | null {
  const choice = objectIn(body, 'toolConfig').toolChoice
  if (isObject(choice) && isObject(claudes))
    throw new BadRequest('toolConfig.toolChoice conflicts with additionalModelRequestFields.tool_choice')
  if (isObject(claudes)) return claudes.type === 'tool' ? String(claudes.name) : claudes.type === 'any' ? '' : null
  if (!isObject(choice)) return null
  if (isObject(choice.tool)) return String(choice.tool.name)
  return choice.any === undefined ? null : ''
}

function schemaAsked(body: JsonObject): JsonValue | null {
  const format = objectIn(body, 'outputConfig').textFormat
  if (!isObject(format)) return null
  const said =
    isObject(format.structure) && isObject(format.structure.jsonSchema) ? format.structure.jsonSchema.schema : null
  const schema = typeof said === 'string' ? parseJson(said) : undefined
  if (format.type !== 'json_schema' || !isObject(schema))
    throw new BadRequest('The JSON schema at outputConfig.textFormat is not valid JSON.')
  return schema
}

/** A message in the words in which the wall counts tokens. */
function plainMessage({ role, content }: JsonObject): JsonObject {
  return { role: role ?? null, content: plainBlocks(content) }
}

function plainBlocks(content: JsonValue | undefined): JsonValue[] {
  return Array.isArray(content) ? content.filter(isObject).map(plainBlock) : []
}

function plainBlock(block: JsonObject): JsonObject {
  const { text, toolUse, toolResult, reasoningContent: thought } = block
  if (typeof text === 'string') return { type: 'text', text }
  if (isObject(toolUse)) return { type: 'tool_use', name: toolUse.name ?? '', input: toolUse.input ?? {} }
  if (isObject(toolResult)) return { type: 'tool_result', content: plainBlocks(toolResult.content) }
  if (isObject(thought))
    return { type: 'thinking', thinking: isObject(thought.reasoningText) ? (thought.reasoningText.text ?? '') : '' }
  return { type: block.image || block.document || block.audio ? 'image' : 'other' }
}

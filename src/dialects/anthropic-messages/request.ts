import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { defined } from '../../lib/defined.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget, Quirks } from '../dialect.ts'
import { refuseForeignFiles } from '../foreign-files.ts'
import type { Drop } from '../own-extensions.ts'
import { limitMarks } from './cache-marks.ts'
import { decodeConversation } from './decode-messages.ts'
import { encodeConversation, type WireConversation } from './encode-messages.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import {
  invalid,
  optionalBoolean,
  optionalInteger,
  optionalList,
  optionalNumber,
  optionalObject,
  optionalString,
  othersOf,
} from './fields.ts'
import { generationOf } from './generation.ts'
import { decodeFormat, encodeFormat } from './output-format.ts'
import { encodeSampling } from './sampling.ts'
import { calledWithoutThought, decodeThinkingRequest, encodeThinking } from './thinking.ts'
import { decodeTool, decodeToolChoice, encodeToolChoice, encodeTools } from './tools.ts'

/** Fields that the canonical request says, and Headgate's own `documents`; all others are carried as extensions. */
const SAID = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'stream',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'documents',
])
const SAID_OF_OUTPUT = new Set(['effort', 'format'])

/**
 * A Messages request as the canonical one. `max_tokens` may be missing: policy gives the cap.
 * Throws GatewayError `invalid_request` with the path of the field that is wrong.
 */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  const model = optionalString(body, 'model')
  if (!model) throw invalid('model', 'is missing; name a model or a task.')
  const { reasoning, extensions: thinking } = decodeThinkingRequest(body)
  const stop = optionalList(body, 'stop_sequences')?.map((each, at) => stopText(each, at))
  const metadata = optionalObject(body, 'metadata')
  return defined({
    model,
    messages: decodeConversation(body),
    tools: optionalList(body, 'tools')?.map((tool, at) => decodeTool(tool, `tools[${at}]`)),
    ...decodeToolChoice(body),
    maxOutputTokens: optionalInteger(body, 'max_tokens', 0),
    temperature: optionalNumber(body, 'temperature'),
    topP: optionalNumber(body, 'top_p'),
    topK: optionalInteger(body, 'top_k', 0),
    stop,
    responseFormat: decodeFormat(body),
    reasoning,
    endUser: metadata && optionalString(metadata, 'user_id', 'metadata'),
    stream: optionalBoolean(body, 'stream') ?? false,
    includeUsage: true,
    ...asExtensions(extensionsOf(body, thinking)),
  })
}

function stopText(value: JsonValue, at: number): string {
  if (typeof value === 'string') return value
  throw invalid(`stop_sequences[${at}]`, 'must be a string.')
}

function extensionsOf(
  body: JsonObject,
  thinking: { thinking?: JsonObject; output_config?: JsonObject },
): JsonObject | undefined {
  const config = optionalObject(body, 'output_config')
  const ownFormat = config?.format !== undefined && !decodeFormat(body) ? { format: config.format } : undefined
  const outputConfig = { ...(config && othersOf(config, SAID_OF_OUTPUT)), ...ownFormat, ...thinking.output_config }
  const fields: JsonObject = { ...othersOf(body, SAID) }
  if (thinking.thinking) fields.thinking = thinking.thinking
  if (Object.keys(outputConfig).length > 0) fields.output_config = outputConfig
  return Object.keys(fields).length > 0 ? fields : undefined
}

/** The output cap where the caller and the host give none. */
const DEFAULT_MAX_TOKENS = 4096

/** The cap to write when none was asked for. */
export function defaultMaxTokens(quirks: Quirks): number {
  return quirks.defaultMaxTokens ?? DEFAULT_MAX_TOKENS
}

/**
 * The canonical request as a Messages request. Throws `unsupported_parameter` where dropping would change what is answered
 * (several choices, more stop texts than the host takes, files that are elsewhere).
 */
export function encodeRequest(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const dropped: string[] = []
  const drop: Drop = (path) => dropped.push(path)
  refuseForeignFiles(request, 'anthropic')
  if ((request.choices ?? 1) > 1) {
    const message = 'n: this model gives one answer per call; ask once for each answer.'
    throw new GatewayError('unsupported_parameter', message, { param: 'n' })
  }
  const own = ownExtensions(request.extensions)
  const generation = generationOf(target.model)
  const maxTokens = request.maxOutputTokens ?? defaultMaxTokens(target.quirks)
  const conversation = encodeConversation(request.messages, drop)
  const tools = encodeTools(request.tools, generation, drop)
  const toolChoice = encodeToolChoice(request, tools !== undefined, drop)
  const noBudget = excludesBudget(conversation, toolChoice)
  const { thinking, effort } = encodeThinking(
    { reasoning: request.reasoning, model: target.model, maxTokens, own, noBudget },
    drop,
  )
  const format = encodeFormat(request.responseFormat, generation, drop)
  const { effort: _, ...ownOutput } = isObject(own.output_config) ? own.output_config : {}
  const output: JsonObject = { ...ownOutput, ...(effort && { effort }), ...(format && { format }) }
  const stop = encodeStop(request.stop, target.quirks, drop)
  reportUnsaid(request, drop)

  const { versionInBody } = target.quirks
  const body: JsonObject = defined({
    ...(versionInBody === undefined ? { model: target.model } : { anthropic_version: versionInBody }),
    max_tokens: maxTokens,
    ...restored(own),
    ...conversation,
    tools,
    tool_choice: toolChoice,
    ...encodeSampling(request, target.model, thinking !== undefined && thinking.type !== 'disabled', drop),
    stop_sequences: stop,
    thinking,
    output_config: Object.keys(output).length > 0 ? output : undefined,
    metadata: request.endUser === undefined ? undefined : { user_id: request.endUser },
    stream: request.stream || undefined,
  })
  for (const field of target.quirks.rejects ?? []) {
    if (!(field in body)) continue
    delete body[field]
    drop(field)
  }
  limitMarks(body)
  return { body, dropped }
}

/** Extensions go back as they were, but for those that are woven into fields of their own. */
function restored({ thinking: _, output_config: __, ...fields }: JsonObject): JsonObject {
  return fields
}

/**
 * Whether the model may not think with a budget here: a forced tool call and a begun answer exclude it, and a tool call that was made
 * without thinking must be answered without it.
 */
function excludesBudget({ messages }: WireConversation, toolChoice: JsonObject | undefined): boolean {
  const last = messages.at(-1)
  if (toolChoice?.type === 'any' || toolChoice?.type === 'tool' || last?.role === 'assistant') return true
  return calledWithoutThought(messages)
}

/** Anthropic refuses stop texts without visible characters. */
function encodeStop(stop: readonly string[] | undefined, quirks: Quirks, drop: Drop): string[] | undefined {
  const kept: string[] = []
  stop?.forEach((text, at) => {
    if (text.trim() === '') drop(`stop[${at}]`)
    else kept.push(text)
  })
  const most = quirks.maxStops ?? Number.POSITIVE_INFINITY
  if (kept.length > most) {
    const message = `stop: this model takes at most ${most} stop texts; the request has ${kept.length}.`
    throw new GatewayError('unsupported_parameter', message, { param: 'stop' })
  }
  return kept.length > 0 ? kept : undefined
}

function reportUnsaid(request: CanonicalRequest, drop: Drop): void {
  if (request.seed !== undefined) drop('seed')
  if (request.frequencyPenalty) drop('frequency_penalty')
  if (request.presencePenalty) drop('presence_penalty')
  reportForeign(request.extensions, '', drop)
}

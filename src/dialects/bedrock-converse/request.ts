import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { defined } from '../../lib/defined.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import {
  invalid,
  optionalInteger,
  optionalList,
  optionalObject,
  optionalString,
  othersOf,
} from '../anthropic-messages/fields.ts'
import { defaultMaxTokens } from '../anthropic-messages/request.ts'
import type { EncodedRequest, EncodeTarget, PathAsk, Quirks } from '../dialect.ts'
import type { Drop } from '../own-extensions.ts'
import { limitCachePoints, markersFor } from './cache-points.ts'
import { decodeConversation } from './decode-messages.ts'
import { DocumentNames } from './document-names.ts'
import { encodeConversation, type WireConversation } from './encode-messages.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import { decodeModelFields, encodeModelFields } from './model-fields.ts'
import { type ModelRules, modelRules } from './model-rules.ts'
import { decodeFormat, encodeFormat } from './output-format.ts'
import {
  decodeToolChoice,
  decodeTools,
  encodeToolChoice,
  encodeTools,
  toolsSpokenOf,
  type WireChoice,
} from './tools.ts'

/** Fields that the canonical request says; all others are carried as extensions. */
const SAID = new Set([
  'messages',
  'system',
  'inferenceConfig',
  'toolConfig',
  'additionalModelRequestFields',
  'outputConfig',
])
const SAID_OF_OUTPUT = new Set(['effort', 'textFormat'])

/**
 * A Converse request as the canonical one; the model and whether to stream are said by the address.
 * Throws GatewayError `invalid_request` with the path of the field that is wrong.
 */
export function decodeRequest(body: JsonObject, asked?: PathAsk): CanonicalRequest {
  const config = optionalObject(body, 'inferenceConfig') ?? {}
  const tools = optionalObject(body, 'toolConfig')
  const given = optionalObject(body, 'additionalModelRequestFields') ?? {}
  const output = optionalObject(body, 'outputConfig') ?? {}
  const fields = decodeModelFields(given, optionalString(output, 'effort', 'outputConfig'))
  const stop = optionalList(config, 'stopSequences')?.map((each, at) => stopText(each, at))
  const ownOutput = othersOf(output, SAID_OF_OUTPUT)
  const extensions: JsonObject = {
    ...othersOf(body, SAID),
    ...(Object.keys(fields.rest).length > 0 ? { additionalModelRequestFields: fields.rest } : {}),
    ...(ownOutput ? { outputConfig: ownOutput } : {}),
  }
  return defined({
    model: asked?.model ?? '',
    messages: decodeConversation(body),
    tools: decodeTools(tools),
    ...decodeToolChoice(tools, given),
    maxOutputTokens: optionalInteger(config, 'maxTokens', 0, 'inferenceConfig'),
    temperature: numberIn(config, 'temperature'),
    topP: numberIn(config, 'topP'),
    topK: fields.topK,
    stop: stop?.length === 0 ? undefined : stop,
    responseFormat: decodeFormat(body),
    reasoning: fields.reasoning,
    stream: asked?.stream ?? false,
    includeUsage: true,
    ...asExtensions(Object.keys(extensions).length > 0 ? extensions : undefined),
  })
}

function numberIn(config: JsonObject, field: string): number | undefined {
  const value = config[field] ?? undefined
  if (value === undefined || typeof value === 'number') return value
  throw invalid(`inferenceConfig.${field}`, 'must be a number.')
}

function stopText(value: JsonValue, at: number): string {
  if (typeof value === 'string') return value
  throw invalid(`inferenceConfig.stopSequences[${at}]`, 'must be a string.')
}

/** Where Claude says which stop text was hit, whole and in a stream. */
const STOP_PATHS = ['/stop_sequence', '/delta/stop_sequence']

/**
 * The canonical request as a Converse request. Throws `unsupported_parameter` where dropping would change what is answered (several
 * choices, pictures that would have to be fetched, names of tools that do not fit).
 */
export function encodeRequest(request: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const dropped: string[] = []
  const drop: Drop = (path) => dropped.push(path)
  if ((request.choices ?? 1) > 1) {
    const message = 'n: this model gives one answer per call; ask once for each answer.'
    throw new GatewayError('unsupported_parameter', message, { param: 'n' })
  }
  const rules = modelRules(target.model)
  const mark = markersFor(rules)
  const own = ownExtensions(request.extensions)
  const ownFields = isObject(own.additionalModelRequestFields) ? own.additionalModelRequestFields : {}
  const conversation = encodeConversation(request.messages, {
    rules,
    names: new DocumentNames(),
    mark: mark.others,
    drop,
  })
  const tools = encodeTools(request.tools, rules, mark.tools, drop)
  const choice = encodeToolChoice(request, tools.length > 0, rules, drop)
  if (tools.length === 0) tools.push(...toolsSpokenOf(request.messages))
  const maxTokens = request.maxOutputTokens ?? defaultMaxTokens(target.quirks)
  const noBudget = excludesBudget(conversation, choice)
  const written = encodeModelFields({ request, rules, model: target.model, maxTokens, own: ownFields, noBudget }, drop)
  const format = encodeFormat(request.responseFormat, rules, drop)
  const stop = encodeStop(request.stop, rules, target.quirks, drop)
  reportUnsaid(request, drop)

  const { thinking: _, output_config: ownOutput, ...restFields } = ownFields
  const { effort: __, ...restOutput } = isObject(ownOutput) ? ownOutput : {}
  const body: JsonObject = defined({
    ...own,
    ...conversation,
    inferenceConfig: filled({
      maxTokens: request.maxOutputTokens ?? (written.budget ? maxTokens : undefined),
      ...written.sampling,
      stopSequences: stop,
    }),
    toolConfig: tools.length > 0 ? { tools, ...(choice.toolChoice && { toolChoice: choice.toolChoice }) } : undefined,
    additionalModelRequestFields: filled({
      ...restFields,
      ...(Object.keys(restOutput).length > 0 ? { output_config: restOutput } : {}),
      ...written.fields,
      tool_choice: choice.claudes,
    }),
    additionalModelResponseFieldPaths:
      own.additionalModelResponseFieldPaths ?? (stop && rules.vendor === 'claude' ? STOP_PATHS : undefined),
    outputConfig: filled({
      ...(isObject(own.outputConfig) ? own.outputConfig : {}),
      textFormat: format,
      effort: written.effort,
    }),
  })
  for (const field of target.quirks.rejects ?? []) {
    if (!(field in body)) continue
    delete body[field]
    drop(field)
  }
  limitCachePoints(body)
  return { body, dropped }
}

/**
 * Whether Claude may not think with a budget here: a forced tool call and a begun answer exclude it, and a tool call that was made
 * without thinking must be answered without it.
 */
function excludesBudget({ messages }: WireConversation, { toolChoice, claudes }: WireChoice): boolean {
  const last = messages.at(-1)
  const forced = toolChoice?.any ?? toolChoice?.tool ?? (claudes?.type === 'any' || claudes?.type === 'tool')
  if (forced || last?.role === 'assistant') return true
  if (!blocksOf(last)[0]?.toolResult) return false
  const [first] = blocksOf(messages.findLast((message) => message.role === 'assistant'))
  return first?.reasoningContent === undefined
}

function blocksOf(message: JsonObject | undefined): JsonObject[] {
  return Array.isArray(message?.content) ? message.content.filter(isObject) : []
}

/** Claude refuses stop texts without visible characters. */
function encodeStop(
  stop: readonly string[] | undefined,
  { vendor }: ModelRules,
  quirks: Quirks,
  drop: Drop,
): string[] | undefined {
  const kept: string[] = []
  stop?.forEach((text, at) => {
    if (text === '' || (vendor === 'claude' && text.trim() === '')) drop(`stop[${at}]`)
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
  if (request.endUser !== undefined) drop('user')
  reportForeign(request.extensions, '', drop)
}

/** The fields that are set; undefined when none is. */
function filled(fields: { [field: string]: JsonValue | undefined }): JsonObject | undefined {
  const set = defined(fields) as JsonObject
  return Object.keys(set).length > 0 ? set : undefined
}

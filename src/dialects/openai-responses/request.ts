import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { defined } from '../../lib/defined.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { refuseForeignFiles } from '../foreign-files.ts'
import {
  invalid,
  optionalBoolean,
  optionalInteger,
  optionalList,
  optionalNumber,
  optionalString,
  pick,
  requiredString,
} from '../openai-chat/fields.ts'
import { strictAsOpenAi } from '../openai-strict.ts'
import { withoutTwins, withTwins } from '../openai-twins.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeInput } from './decode-input.ts'
import { encodeInput } from './encode-input.ts'
import { asExtensions, reportForeign } from './extensions.ts'
import { NESTED_FIELDS, putTogether, takeApart } from './nested-fields.ts'
import { decodeReasoningRequest, decodeTextFormat, encodeEffort, encodeTextFormat } from './request-fields.ts'
import { SEALED_REASONING, sealsReasoning } from './sealing-models.ts'
import { refuseState } from './state.ts'
import { decodeToolChoice } from './tool-choice.ts'
import { decodeTools, encodeTools } from './tools.ts'

/** Fields whose whole meaning the canonical request holds, that must not reach a provider, or that are Headgate's own. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'stream', 'max_output_tokens', 'temperature', 'top_p', 'user', 'tools'],
  ...['parallel_tool_calls', 'metadata', 'documents'],
  ...['background', 'conversation', 'previous_response_id', 'prompt'],
  ...['tool_choice', 'include', 'store', 'truncation'],
])

/** A Responses request as the canonical one. Throws GatewayError with the path of what is wrong, or of what would need a memory. */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  refuseState(body)
  const { toolChoice, own: ownChoice } = decodeToolChoice(body)
  const responseFormat = decodeTextFormat(body)
  const reasoning = decodeReasoningRequest(body)
  const understood = new Set([...(responseFormat ? ['text.format'] : []), ...(reasoning ? ['reasoning.effort'] : [])])
  return {
    model: requiredString(body, 'model'),
    messages: decodeInput(body),
    stream: optionalBoolean(body, 'stream') ?? false,
    includeUsage: true,
    ...defined({
      tools: decodeTools(body),
      toolChoice,
      parallelToolCalls: optionalBoolean(body, 'parallel_tool_calls'),
      maxOutputTokens: optionalInteger(body, 'max_output_tokens', 1),
      temperature: optionalNumber(body, 'temperature'),
      topP: optionalNumber(body, 'top_p'),
      endUser: optionalString(body, 'user') ?? optionalString(body, 'safety_identifier'),
      responseFormat,
      reasoning,
    }),
    ...asExtensions({ ...ownFieldsOf(body, ownChoice), ...takeApart(body, understood) }),
  }
}

/** The fields that only this format knows, but for those that say the default. */
function ownFieldsOf(body: JsonObject, ownChoice: JsonObject | undefined): JsonObject {
  const others = Object.keys(body).filter(
    (field) => body[field] !== null && !UNDERSTOOD.has(field) && !NESTED_FIELDS.has(field),
  )
  const include = includeOf(body).filter((each) => each !== SEALED_REASONING)
  const { truncation = null } = body
  return {
    ...pick(body, others),
    ...(ownChoice ? { tool_choice: ownChoice } : {}),
    ...(include.length > 0 ? { include } : {}),
    ...(optionalBoolean(body, 'store') ? { store: true } : {}),
    ...(truncation === null || truncation === 'disabled' ? {} : { truncation }),
  }
}

/** What the caller wants to see beside the answer. */
function includeOf(body: JsonObject): string[] {
  return (optionalList(body, 'include') ?? []).map((each, at) => {
    if (typeof each === 'string') return each
    throw invalid(`include[${at}]`, 'must be a string.')
  })
}

/**
 * The canonical request in this format, for one host. Nothing is stored there. Throws GatewayError `unsupported_parameter` for what would
 * change the answer if it were left out: stop texts, which this format does not have, several answers, and files that are elsewhere.
 */
export function encodeRequest(asked: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const { quirks, model, promptCacheKey, caller } = target
  refuseUnsayable(asked)
  refuseForeignFiles(asked, 'openai')
  const dropped: string[] = []
  const drop = (path: string) => {
    dropped.push(path)
  }
  const request = strictAsOpenAi(asked, caller, drop)
  const { tool_choice: ownChoice, include, store, ...own } = withTwins(request.extensions, 'openai-responses')
  reportForeign(withoutTwins(request.extensions, 'openai-responses'), '', drop)
  reportUnsaid(request, store, drop)
  const { text, reasoning, stream_options: streamOptions, ...fields } = putTogether(own)
  const { responseFormat } = request
  const effort = encodeEffort(request.reasoning, quirks)
  const body: JsonObject = {
    ...fields,
    model,
    ...encodeInput(request.messages, quirks, drop),
    ...encodeTools(request, ownChoice, drop),
    ...defined({
      max_output_tokens: request.maxOutputTokens,
      temperature: request.temperature,
      top_p: request.topP,
      user: request.endUser === own.safety_identifier ? undefined : request.endUser,
    }),
    ...objectField('text', text, responseFormat && { format: encodeTextFormat(responseFormat) }),
    ...objectField('reasoning', reasoning, effort === undefined ? undefined : { effort }),
    ...listField('include', [
      ...(Array.isArray(include) ? include : []),
      ...(sealsReasoning(model) ? [SEALED_REASONING] : []),
    ]),
    store: false,
    ...(request.stream ? { stream: true, ...objectField('stream_options', streamOptions, undefined) } : {}),
  }
  if (promptCacheKey !== undefined && (quirks.promptCacheKey || body.prompt_cache_key !== undefined)) {
    body.prompt_cache_key = promptCacheKey
  }
  for (const field of quirks.rejects ?? []) {
    if (!(field in body)) continue
    delete body[field]
    drop(field)
  }
  return { body, dropped }
}

function refuseUnsayable({ stop, choices }: CanonicalRequest): void {
  if (stop !== undefined && stop.length > 0) {
    const message = 'stop: this model’s API takes no stop texts; leave them out, or use a model that takes them.'
    throw new GatewayError('unsupported_parameter', message, { param: 'stop' })
  }
  if ((choices ?? 1) > 1) {
    const message = 'n: this model gives one answer per call; ask once for each answer.'
    throw new GatewayError('unsupported_parameter', message, { param: 'n' })
  }
}

function reportUnsaid(request: CanonicalRequest, store: JsonValue | undefined, drop: Drop): void {
  if (store === true) drop('store')
  if (request.topK !== undefined) drop('top_k')
  if (request.seed !== undefined) drop('seed')
  if (request.frequencyPenalty) drop('frequency_penalty')
  if (request.presencePenalty) drop('presence_penalty')
}

/** A field that is an object, from what the caller wrote and what we know; left out when there is nothing. */
function objectField(name: string, own: JsonValue | undefined, known: JsonObject | undefined): JsonObject {
  const value = { ...(own as JsonObject | undefined), ...known }
  return Object.keys(value).length === 0 ? {} : { [name]: value }
}

function listField(name: string, values: readonly JsonValue[]): JsonObject {
  return values.length === 0 ? {} : { [name]: [...values] }
}

import type { CanonicalRequest } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { defined } from '../../lib/defined.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget, Quirks } from '../dialect.ts'
import { refuseForeignFiles } from '../foreign-files.ts'
import { strictAsOpenAi } from '../openai-strict.ts'
import { withoutTwins, withTwins } from '../openai-twins.ts'
import { decodeMessages } from './decode-messages.ts'
import { encodeMessages } from './encode-messages.ts'
import { asExtensions, reportForeign } from './extensions.ts'
import {
  asObject,
  booleanAt,
  integerAt,
  numberAt,
  optionalBoolean,
  optionalNumber,
  pick,
  requiredString,
  stringAt,
} from './fields.ts'
import {
  decodeOutputCap,
  decodeReasoningRequest,
  decodeResponseFormat,
  decodeStop,
  encodeReasoningRequest,
  encodeResponseFormat,
  isEffort,
} from './request-fields.ts'
import { decodeToolChoice, decodeTools, encodeTools } from './tools.ts'

/** How many stop texts OpenAI takes. */
export const DEFAULT_MAX_STOPS = 4

/** A request while it is read. */
type Asked = { -readonly [Name in keyof CanonicalRequest]: CanonicalRequest[Name] }

/** A Chat Completions request as the canonical one. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  const asked: Asked = {
    model: requiredString(body, 'model'),
    messages: decodeMessages(body.messages),
    stream: optionalBoolean(body, 'stream') ?? false,
  }
  // Fields that only this format knows. Those that are understood in part stay whole, and the encoder puts both together.
  const own: string[] = []
  for (const field in body) {
    const value = body[field]
    if (value !== undefined && value !== null && !isUnderstood(asked, field, value, body)) own.push(field)
  }
  return own.length === 0 ? asked : { ...asked, ...asExtensions(pick(body, own)) }
}

/** Takes a field in that has a value. False when the canonical request does not hold its whole meaning. */
function isUnderstood(asked: Asked, field: string, value: JsonValue, body: JsonObject): boolean {
  switch (field) {
    case 'model':
    case 'messages':
    case 'stream':
    // Headgate's own, which no provider may see.
    case 'metadata':
    case 'documents':
      return true
    case 'max_tokens':
    case 'max_completion_tokens':
      asked.maxOutputTokens = decodeOutputCap(value, field, body)
      return true
    case 'temperature':
      asked.temperature = numberAt(value, field)
      return true
    case 'top_p':
      asked.topP = numberAt(value, field)
      return true
    // Of hosts that took the format over.
    case 'top_k':
      asked.topK = numberAt(value, field)
      return true
    case 'stop':
      asked.stop = decodeStop(value)
      return true
    case 'seed':
      asked.seed = numberAt(value, field)
      return true
    // Mistral's name.
    case 'random_seed':
      asked.seed = optionalNumber(body, 'seed') ?? numberAt(value, field)
      return true
    case 'n':
      asked.choices = integerAt(value, 1, field)
      return true
    case 'frequency_penalty':
      asked.frequencyPenalty = numberAt(value, field)
      return true
    case 'presence_penalty':
      asked.presencePenalty = numberAt(value, field)
      return true
    case 'user':
      asked.endUser = stringAt(value, field)
      return true
    case 'tools':
    case 'functions':
      asked.tools = decodeTools(body)
      return true
    case 'parallel_tool_calls':
      asked.parallelToolCalls = booleanAt(value, field)
      return true
    default:
      return isUnderstoodWhole(asked, field, value, body)
  }
}

/** The same for fields that may say what only this format can. */
function isUnderstoodWhole(asked: Asked, field: string, value: JsonValue, body: JsonObject): boolean {
  switch (field) {
    case 'tool_choice':
    case 'function_call': {
      const choice = decodeToolChoice(body)
      if (choice) asked.toolChoice = choice
      return choice !== undefined || field === 'function_call'
    }
    case 'response_format': {
      const format = decodeResponseFormat(value)
      if (format) asked.responseFormat = format
      return format !== undefined
    }
    case 'reasoning':
    case 'reasoning_effort': {
      const reasoning = decodeReasoningRequest(body)
      if (reasoning) asked.reasoning = reasoning
      return field === 'reasoning_effort' && isEffort(stringAt(value, field))
    }
    case 'stream_options': {
      const options = asObject(value, field)
      const includeUsage = optionalBoolean(options, 'include_usage', field)
      if (includeUsage !== undefined) asked.includeUsage = includeUsage
      return Object.keys(options).every((option) => option === 'include_usage')
    }
    default:
      return false
  }
}

/** The canonical request in this format, for one host. Throws GatewayError `unsupported_parameter` for too many stop texts, and for files that are elsewhere. */
export function encodeRequest(asked: CanonicalRequest, target: EncodeTarget): EncodedRequest {
  const { quirks, caller } = target
  refuseForeignFiles(asked, 'openai')
  const dropped: string[] = []
  const drop = (path: string) => {
    dropped.push(path)
  }
  const request = strictAsOpenAi(asked, caller, drop)
  const {
    reasoning: ownReasoning,
    stream_options: ownStreamOptions,
    ...own
  } = withTwins(request.extensions, 'openai-chat')
  reportForeign(withoutTwins(request.extensions, 'openai-chat'), '', drop)
  if (request.topK !== undefined && !quirks.topK) drop('top_k')
  const body: JsonObject = {
    ...own,
    model: target.model,
    messages: encodeMessages(request.messages, quirks, drop),
    ...encodeTools(request, drop),
    ...encodeParameters(request, quirks),
    ...encodeReasoningRequest(request.reasoning, isObject(ownReasoning) ? ownReasoning : undefined, quirks),
    ...(request.stream ? encodeStream(ownStreamOptions, quirks) : {}),
  }
  const { promptCacheKey } = target
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

function encodeParameters(request: CanonicalRequest, quirks: Quirks): JsonObject {
  refuseTooManyStops(request.stop, quirks)
  const cap = request.maxOutputTokens
  const parameters = defined({
    temperature: request.temperature,
    top_p: request.topP,
    top_k: quirks.topK ? request.topK : undefined,
    stop: request.stop && [...request.stop],
    ...(quirks.seedField === 'random_seed' ? { random_seed: request.seed } : { seed: request.seed }),
    n: request.choices,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    response_format: request.responseFormat && encodeResponseFormat(request.responseFormat),
    user: request.endUser,
  })
  return { ...parameters, ...(cap === undefined ? {} : { [outputCapField(quirks)]: cap }) }
}

/** The field that caps the output at this host. */
export function outputCapField(quirks: Quirks): 'max_tokens' | 'max_completion_tokens' {
  return quirks.maxTokensField ?? 'max_tokens'
}

/** Hosts that tell usage unasked know no stream options at all. */
function encodeStream(own: JsonObject[string] | undefined, quirks: Quirks): JsonObject {
  if (quirks.streamUsage === false) return { stream: true }
  return { stream: true, stream_options: { ...(isObject(own) ? own : {}), include_usage: true } }
}

function refuseTooManyStops(stop: readonly string[] | undefined, quirks: Quirks): void {
  const most = quirks.maxStops ?? DEFAULT_MAX_STOPS
  if (stop === undefined || stop.length <= most) return
  throw new GatewayError(
    'unsupported_parameter',
    `stop: this model takes at most ${most} stop texts, and the call has ${stop.length}; send fewer.`,
    { param: 'stop' },
  )
}

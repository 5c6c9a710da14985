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
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  pick,
  requiredString,
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
import { decodeTools, encodeTools } from './tools.ts'

/** How many stop texts OpenAI takes. */
export const DEFAULT_MAX_STOPS = 4

/** Fields whose whole meaning the canonical request holds, and Headgate's own, which no provider may see. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...[
    'model',
    'messages',
    'stream',
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
    'seed',
    'random_seed',
    'n',
  ],
  ...['frequency_penalty', 'presence_penalty', 'user', 'tools', 'parallel_tool_calls', 'functions', 'function_call'],
  ...['metadata', 'documents'],
])

/** A Chat Completions request as the canonical one. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  const { ownChoice, ...tools } = decodeTools(body)
  const responseFormat = decodeResponseFormat(body)
  const reasoning = decodeReasoningRequest(body)
  const streamOptions = optionalObject(body, 'stream_options')
  const includeUsage = streamOptions && optionalBoolean(streamOptions, 'include_usage', 'stream_options')
  return {
    model: requiredString(body, 'model'),
    messages: decodeMessages(body.messages),
    stream: optionalBoolean(body, 'stream') ?? false,
    ...tools,
    ...defined({
      maxOutputTokens: decodeOutputCap(body),
      temperature: optionalNumber(body, 'temperature'),
      topP: optionalNumber(body, 'top_p'),
      // Of hosts that took the format over.
      topK: optionalNumber(body, 'top_k'),
      stop: decodeStop(body),
      // Mistral's name.
      seed: optionalNumber(body, 'seed') ?? optionalNumber(body, 'random_seed'),
      choices: optionalInteger(body, 'n', 1),
      frequencyPenalty: optionalNumber(body, 'frequency_penalty'),
      presencePenalty: optionalNumber(body, 'presence_penalty'),
      endUser: optionalString(body, 'user'),
      responseFormat,
      reasoning,
      includeUsage,
    }),
    ...asExtensions(extensionsOf(body, { ownChoice, responseFormat })),
  }
}

/** The fields that only this format knows. Those that are understood in part stay whole, and the encoder puts both together. */
function extensionsOf(
  body: JsonObject,
  understood: { ownChoice: JsonObject | undefined; responseFormat: object | undefined },
): JsonObject | undefined {
  const kept = Object.keys(body).filter((field) => isExtension(field, body[field], understood))
  return kept.length === 0 ? undefined : pick(body, kept)
}

function isExtension(
  field: string,
  value: JsonValue | undefined,
  understood: { ownChoice: JsonObject | undefined; responseFormat: object | undefined },
): boolean {
  if (value === null || UNDERSTOOD.has(field)) return false
  if (field === 'tool_choice') return understood.ownChoice !== undefined
  if (field === 'response_format') return understood.responseFormat === undefined
  if (field === 'reasoning_effort') return typeof value === 'string' && !isEffort(value)
  if (field === 'stream_options') return isObject(value) && Object.keys(value).some((key) => key !== 'include_usage')
  return true
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

import type { CanonicalRequest, ResponseFormat } from '../../canonical/request.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { refuseForeignFiles } from '../foreign-files.ts'
import { optionalBoolean, optionalInteger, optionalNumber, othersOf, requiredString } from '../openai-chat/fields.ts'
import type { Drop } from '../own-extensions.ts'
import { decodeMessages } from './decode-messages.ts'
import { encodeMessages } from './encode-messages.ts'
import { asExtensions, ownExtensions, reportForeign } from './extensions.ts'
import {
  decodeResponseFormat,
  decodeStop,
  decodeThinking,
  encodeResponseFormat,
  encodeSampling,
  encodeThinking,
  thinks,
} from './request-fields.ts'
import { decodeTools, encodeTools } from './tools.ts'

/** How many stop texts Cohere takes. */
export const MOST_STOPS = 5

/** Fields that the canonical request says; all others are carried as extensions: documents, citation_options, safety_mode, logprobs, priority. */
const SAID: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'tools', 'strict_tools', 'tool_choice', 'max_tokens', 'stop_sequences'],
  ...['temperature', 'p', 'k', 'seed', 'frequency_penalty', 'presence_penalty', 'response_format', 'thinking'],
])

/** A chat request of version 2 as the canonical one. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeRequest(body: JsonObject): CanonicalRequest {
  const fields = {
    maxOutputTokens: optionalInteger(body, 'max_tokens', 1),
    temperature: optionalNumber(body, 'temperature'),
    topP: optionalNumber(body, 'p'),
    topK: optionalInteger(body, 'k', 0),
    stop: decodeStop(body),
    seed: optionalNumber(body, 'seed'),
    frequencyPenalty: optionalNumber(body, 'frequency_penalty'),
    presencePenalty: optionalNumber(body, 'presence_penalty'),
    responseFormat: decodeResponseFormat(body),
    reasoning: decodeThinking(body),
  }
  return {
    model: requiredString(body, 'model'),
    messages: decodeMessages(body.messages),
    stream: optionalBoolean(body, 'stream') ?? false,
    includeUsage: true,
    ...decodeTools(body),
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
    ...asExtensions(othersOf(body, SAID)),
  }
}

/**
 * The canonical request as one for Cohere, which refuses fields it does not know. Throws GatewayError `unsupported_parameter` for several answers at
 * once, for more stop texts than it takes, and for files that were uploaded elsewhere.
 */
export function encodeRequest(request: CanonicalRequest, { model, quirks }: EncodeTarget): EncodedRequest {
  refuseForeignFiles(request, null)
  const dropped: string[] = []
  const drop = (path: string) => {
    dropped.push(path)
  }
  refuseSeveralAnswers(request)
  refuseTooManyStops(request.stop, quirks.maxStops ?? MOST_STOPS)
  reportForeign(request.extensions, '', drop)
  if (request.endUser !== undefined) drop('user')
  const { stop, maxOutputTokens: cap, responseFormat: format } = request
  const messages = encodeMessages(request.messages, thinks(model), drop)
  const tools = encodeTools(request, drop)
  const body: JsonObject = {
    ...ownExtensions(request.extensions),
    model,
    messages,
    ...tools,
    ...(cap === undefined ? {} : { max_tokens: cap }),
    ...encodeSampling(request, drop),
    ...(stop && stop.length > 0 ? { stop_sequences: [...stop] } : {}),
    ...formatBeside(tools, format, drop),
    ...encodeThinking(request, model, drop),
    stream: request.stream,
  }
  for (const field of quirks.rejects ?? []) {
    if (!(field in body)) continue
    delete body[field]
    drop(field)
  }
  return { body, dropped }
}

/** Cohere takes `response_format` with tools in no case: https://docs.cohere.com/reference/chat (2026-11-21) */
function formatBeside({ tools }: JsonObject, format: ResponseFormat | undefined, drop: Drop): JsonObject {
  if (!format) return {}
  if (tools === undefined) return { response_format: encodeResponseFormat(format) }
  if (format.type !== 'text') drop('response_format')
  return {}
}

function refuseSeveralAnswers({ choices = 1 }: CanonicalRequest): void {
  if (choices === 1) return
  const message = 'n: this model gives one answer per call; ask once for each answer.'
  throw new GatewayError('unsupported_parameter', message, { param: 'n' })
}

function refuseTooManyStops(stop: readonly string[] = [], most: number): void {
  if (stop.length <= most) return
  const message = `stop: this model takes at most ${most} stop texts, and the call has ${stop.length}; send fewer.`
  throw new GatewayError('unsupported_parameter', message, { param: 'stop' })
}

import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { errorIn, errorOfReply } from './error-meaning.ts'
import {
  type CallMeaning,
  type ChoiceMeaning,
  type ErrorMeaning,
  isStream,
  type Meaning,
  type PlainReply,
  type UsageMeaning,
} from './meaning.ts'
import { plainEvents } from './plain-events.ts'
import { argumentsOf, listOf, objectIn, textIn, tokens } from './plain-json.ts'

/** Reads a reply in the format of Messages. */
export function readAnthropic(reply: PlainReply): Meaning {
  if (reply.status >= 400) return failed(reply.status, errorOfReply(reply.status, reply.body))
  return isStream(reply) ? readStream(reply) : readWhole(reply)
}

function failed(status: number, error: ErrorMeaning | null): Meaning {
  return { status, model: null, choices: [], usage: null, error, stream: null }
}

function readWhole({ status, body }: PlainReply): Meaning {
  const message = parseJson(body)
  const error = errorIn(message, status)
  if (error || !isObject(message)) return failed(status, error)
  return {
    status,
    model: textIn(message, 'model') || null,
    choices: Array.isArray(message.content) ? [choiceOf(listOf(message.content), message)] : [],
    usage: isObject(message.usage) ? usageOf(message.usage) : null,
    error: null,
    stream: null,
  }
}

/** A stream is put together into the message it tells, and then read like one that came whole. With `message_stop` the message is over. */
function readStream({ status, body }: PlainReply): Meaning {
  const all = plainEvents(body).map(({ event, data }) => ({ event, data: parseJson(data), text: data }))
  const end = all.findIndex(({ data }) => isMarker(data))
  const events = end === -1 ? all : all.slice(0, end + 1)
  const blocks = new Map<JsonValue, JsonObject>()
  let message: JsonObject = {}
  let usage: JsonObject = {}
  let error: ErrorMeaning | null = null
  for (const { event, data, text } of events) {
    if (event === 'error') error ??= errorIn(data, status) ?? { status, code: null, message: text }
    if (!isObject(data)) continue
    error ??= errorIn(data, status)
    switch (data.type) {
      case 'message_start':
        message = objectIn(data, 'message')
        usage = withoutNulls(objectIn(message, 'usage'))
        break
      case 'content_block_start':
        blocks.set(data.index ?? null, { ...objectIn(data, 'content_block') })
        break
      case 'content_block_delta':
        grow(blocks.get(data.index ?? null) ?? {}, objectIn(data, 'delta'))
        break
      case 'message_delta':
        message = { ...message, ...withoutNulls(objectIn(data, 'delta')) }
        usage = { ...usage, ...withoutNulls(objectIn(data, 'usage')) }
        break
    }
  }
  const markers = all.filter(({ data }) => isMarker(data)).length
  return {
    status,
    model: textIn(message, 'model') || null,
    choices: [choiceOf([...blocks.values()], message)],
    usage: Object.keys(usage).length > 0 ? usageOf(usage) : null,
    error,
    stream: {
      complete: error === null && (markers > 0 || textIn(message, 'stop_reason') !== ''),
      markers,
      markerIsLast: isMarker(all.at(-1)?.data),
    },
  }
}

function isMarker(data: JsonValue | undefined): boolean {
  return isObject(data) && data.type === 'message_stop'
}

function grow(block: JsonObject, delta: JsonObject): void {
  for (const field of ['text', 'thinking', 'signature', 'partial_json'] as const) {
    if (typeof delta[field] === 'string') block[field] = textIn(block, field) + textIn(delta, field)
  }
  if (delta.citation !== undefined) block.citations = [...listOf(block.citations), delta.citation]
}

function choiceOf(blocks: readonly JsonObject[], message: JsonObject): ChoiceMeaning {
  const joined = (type: string, field: string) =>
    blocks
      .filter((block) => block.type === type)
      .map((block) => textIn(block, field))
      .join('')
  return {
    text: joined('text', 'text'),
    reasoning: joined('thinking', 'thinking'),
    refusal: '',
    calls: blocks.filter((block) => block.type === 'tool_use').map(callOf),
    foreign: blocks.flatMap(foreignIn),
    finish: textIn(message, 'stop_reason') || null,
    stopText: textIn(message, 'stop_sequence') || null,
  }
}

function callOf(block: JsonObject): CallMeaning {
  const streamed = textIn(block, 'partial_json')
  const whole = isObject(block.input) ? block.input : {}
  return {
    id: textIn(block, 'id'),
    name: textIn(block, 'name'),
    arguments: streamed.trim() === '' ? whole : argumentsOf(streamed),
  }
}

/** What of a block only this format knows: all of a hosted tool's, the seal of reasoning, the citations of a text. */
function foreignIn(block: JsonObject): JsonValue[] {
  switch (block.type) {
    case 'tool_use':
      return []
    case 'text':
      return listOf(block.citations).length > 0 ? [{ citations: listOf(block.citations) }] : []
    case 'thinking':
      return textIn(block, 'signature') === '' ? [] : [{ signature: textIn(block, 'signature') }]
    default:
      return [block]
  }
}

/** `input_tokens` leaves out what a cache served or stored. */
function usageOf(raw: JsonObject): UsageMeaning {
  const uncached = tokens(raw.input_tokens)
  const cached = tokens(raw.cache_read_input_tokens)
  const written = tokens(raw.cache_creation_input_tokens)
  return {
    input: uncached === null ? null : uncached + (cached ?? 0) + (written ?? 0),
    output: tokens(raw.output_tokens),
    cached,
    reasoning: tokens(objectIn(raw, 'output_tokens_details').thinking_tokens),
  }
}

function withoutNulls(source: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(source).filter(([, value]) => value !== null))
}

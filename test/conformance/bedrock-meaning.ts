import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { errorOfReply } from './error-meaning.ts'
import type { CallMeaning, ChoiceMeaning, ErrorMeaning, Meaning, PlainReply, UsageMeaning } from './meaning.ts'
import { argumentsOf, listOf, objectIn, textIn, tokens } from './plain-json.ts'

/** Reads a reply in the format of Converse. */
export function readBedrock(reply: PlainReply): Meaning {
  if (reply.status >= 400) return failed(reply.status, withLength(errorOfReply(reply.status, reply.body)))
  return /amazon\.eventstream/.test(reply.contentType) ? readStream(reply) : readWhole(reply)
}

function failed(status: number, error: ErrorMeaning | null): Meaning {
  return { status, model: null, choices: [], usage: null, error, stream: null }
}

/** Bedrock's words for a prompt that does not fit are its own. */
function withLength(error: ErrorMeaning): ErrorMeaning {
  const long = /input tokens exceeded|input is too long/i.test(error.message)
  return long ? { ...error, code: 'context_length_exceeded' } : error
}

function readWhole({ status, body }: PlainReply): Meaning {
  const answer = parseJson(body)
  if (!isObject(answer) || !isObject(answer.output)) {
    return failed(status, isObject(answer) && textIn(answer, 'message') ? errorOfReply(status, body) : null)
  }
  const blocks = listOf(objectIn(answer.output, 'message').content)
  return {
    status,
    model: null,
    choices: [choiceOf(blocks, answer)],
    usage: usageOf(objectIn(answer, 'usage')),
    error: null,
    stream: null,
  }
}

/** One binary message, plainly: the text of its headers, and its payload. */
interface PlainMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: JsonObject
}

/** The messages of a whole stream, one after another. Bedrock's headers are all text. */
function messagesOf(bytes: Buffer): PlainMessage[] {
  const messages: PlainMessage[] = []
  for (let at = 0; at + 16 <= bytes.length; at += bytes.readUInt32BE(at)) {
    const headersEnd = at + 12 + bytes.readUInt32BE(at + 4)
    const headers: Record<string, string> = {}
    for (let place = at + 12; place < headersEnd; ) {
      const valueAt = place + 1 + bytes.readUInt8(place) + 3
      const valueEnd = valueAt + bytes.readUInt16BE(valueAt - 2)
      headers[bytes.toString('utf8', place + 1, valueAt - 3)] = bytes.toString('utf8', valueAt, valueEnd)
      place = valueEnd
    }
    const payload = parseJson(bytes.toString('utf8', headersEnd, at + bytes.readUInt32BE(at) - 4))
    messages.push({ headers, payload: isObject(payload) ? payload : {} })
  }
  return messages
}

/** A stream is put together into the message it tells, and then read like one that came whole. */
function readStream({ status, bytes }: PlainReply): Meaning {
  const blocks = new Map<JsonValue, JsonObject>()
  let end: JsonObject | null = null
  let usage: JsonObject = {}
  let error: ErrorMeaning | null = null
  for (const { headers, payload } of messagesOf(bytes ?? Buffer.alloc(0))) {
    const index = payload.contentBlockIndex ?? 0
    switch (headers[':event-type']) {
      case 'contentBlockStart':
        blocks.set(index, { ...objectIn(payload, 'start') })
        break
      case 'contentBlockDelta': {
        const block = blocks.get(index) ?? {}
        blocks.set(index, block)
        grow(block, objectIn(payload, 'delta'))
        break
      }
      case 'messageStop':
        end = payload
        break
      case 'metadata':
        usage = objectIn(payload, 'usage')
        break
      case undefined:
        error ??= exceptionOf(headers[':exception-type'] ?? '', payload, status)
    }
  }
  return {
    status,
    model: null,
    choices: [choiceOf([...blocks.values()], end ?? {})],
    usage: usageOf(usage),
    error,
    stream: { complete: error === null && end !== null, markers: end === null ? 0 : 1, markerIsLast: true },
  }
}

/** The statuses that the documentation gives exceptions outside of streams. */
const STATUSES: Readonly<Record<string, number>> = {
  validationException: 400,
  modelTimeoutException: 408,
  throttlingException: 429,
  internalServerException: 500,
  serviceUnavailableException: 503,
}

function exceptionOf(type: string, payload: JsonObject, status: number): ErrorMeaning {
  return { status: STATUSES[type] ?? status, code: type || null, message: textIn(payload, 'message') }
}

function grow(block: JsonObject, delta: JsonObject): void {
  const { text, reasoningContent: thought, toolUse: call } = delta
  if (typeof text === 'string') block.text = textIn(block, 'text') + text
  if (isObject(thought)) {
    const before = objectIn(objectIn(block, 'reasoningContent'), 'reasoningText')
    block.reasoningContent = { reasoningText: { text: textIn(before, 'text') + textIn(thought, 'text') } }
  }
  if (isObject(call)) {
    const before = objectIn(block, 'toolUse')
    block.toolUse = { ...before, written: textIn(before, 'written') + textIn(call, 'input') }
  }
}

function choiceOf(blocks: readonly JsonObject[], end: JsonObject): ChoiceMeaning {
  const own = objectIn(end, 'additionalModelResponseFields')
  return {
    text: blocks.map((block) => textIn(block, 'text') + citedText(block)).join(''),
    reasoning: blocks
      .map((block) => textIn(objectIn(objectIn(block, 'reasoningContent'), 'reasoningText'), 'text'))
      .join(''),
    refusal: '',
    calls: blocks.flatMap(callsIn),
    foreign: [],
    finish: textIn(end, 'stopReason') || null,
    stopText: textIn(own, 'stop_sequence') || null,
  }
}

function citedText(block: JsonObject): string {
  return listOf(objectIn(block, 'citationsContent').content)
    .map((piece) => textIn(piece, 'text'))
    .join('')
}

/** Calls of tools that Bedrock runs itself are none of the caller's. */
function callsIn({ toolUse: call }: JsonObject): CallMeaning[] {
  if (!isObject(call) || call.type === 'server_tool_use') return []
  const given = typeof call.written === 'string' ? argumentsOf(call.written) : (call.input ?? {})
  return [{ id: textIn(call, 'toolUseId'), name: textIn(call, 'name'), arguments: given }]
}

/** `inputTokens` leaves out what a cache served or stored. */
function usageOf(raw: JsonObject): UsageMeaning | null {
  const uncached = tokens(raw.inputTokens)
  const cached = tokens(raw.cacheReadInputTokens)
  const written = tokens(raw.cacheWriteInputTokens)
  if (uncached === null) return null
  return {
    input: uncached + (cached ?? 0) + (written ?? 0),
    output: tokens(raw.outputTokens),
    cached,
    reasoning: null,
  }
}

import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { errorIn, errorOfReply } from './error-meaning.ts'
import {
  type ChoiceMeaning,
  type ErrorMeaning,
  isStream,
  type Meaning,
  type PlainReply,
  type UsageMeaning,
} from './meaning.ts'
import { plainEvents } from './plain-events.ts'
import { argumentsOf, listOf, objectIn, textIn, tokens } from './plain-json.ts'

/** Reads a reply in the format of Cohere's Chat, version 2. */
export function readCohere(reply: PlainReply): Meaning {
  if (reply.status >= 400) return failed(reply.status, errorOfReply(reply.status, reply.body))
  return isStream(reply) ? readStream(reply) : readWhole(reply)
}

function failed(status: number, error: ErrorMeaning | null): Meaning {
  return { status, model: null, choices: [], usage: null, error, stream: null }
}

function readWhole({ status, body }: PlainReply): Meaning {
  const answer = parseJson(body)
  if (!isObject(answer)) return failed(status, errorIn(answer, status))
  const error = errorIn(answer, status) ?? givenUp(answer, status)
  if (error) return failed(status, error)
  return {
    status,
    model: null,
    choices: isObject(answer.message) ? [choiceOf(answer.message, answer)] : [],
    usage: isObject(answer.usage) ? usageOf(answer.usage) : null,
    error: null,
    stream: null,
  }
}

/** A stream is put together into the message it tells, and then read like one that came whole. With `message-end` it is over. */
function readStream({ status, body }: PlainReply): Meaning {
  const events = plainEvents(body)
    .filter(({ data }) => data.trim() !== '[DONE]')
    .map(({ event, data }) => ({ event, data: parseJson(data), text: data }))
  const content = new Map<JsonValue, JsonObject>()
  const calls = new Map<JsonValue, JsonObject>()
  const citations: JsonValue[] = []
  let plan = ''
  let end: JsonObject = {}
  let error: ErrorMeaning | null = null
  for (const { event, data, text } of events) {
    if (event === 'error') error ??= errorIn(data, status) ?? { status, code: null, message: text }
    if (!isObject(data)) continue
    error ??= errorIn(data, status)
    const delta = objectIn(data, 'delta')
    const message = objectIn(delta, 'message')
    const index = data.index ?? null
    if (data.type === 'content-start') content.set(index, { ...objectIn(message, 'content') })
    if (data.type === 'content-delta')
      grow(content.get(index) ?? {}, objectIn(message, 'content'), ['text', 'thinking'])
    if (data.type === 'tool-plan-delta') plan += textIn(message, 'tool_plan')
    if (data.type === 'tool-call-start') calls.set(index, begun(objectIn(message, 'tool_calls')))
    if (data.type === 'tool-call-delta') {
      grow(objectIn(calls.get(index) ?? {}, 'function'), objectIn(objectIn(message, 'tool_calls'), 'function'), [
        'arguments',
      ])
    }
    if (data.type === 'citation-start') citations.push(message.citations ?? null)
    if (data.type === 'message-end') {
      end = delta
      error ??= givenUp(delta, status)
    }
  }
  const markers = events.filter(({ data }) => isObject(data) && data.type === 'message-end').length
  const message = { content: [...content.values()], tool_plan: plan, tool_calls: [...calls.values()], citations }
  return {
    status,
    model: null,
    choices: [choiceOf(message, end)],
    usage: isObject(end.usage) ? usageOf(end.usage) : null,
    error,
    stream: { complete: error === null && markers > 0, markers, markerIsLast: isEnd(events.at(-1)?.data) },
  }
}

function isEnd(data: JsonValue | undefined): boolean {
  return isObject(data) && data.type === 'message-end'
}

function begun(call: JsonObject): JsonObject {
  return { ...call, function: { ...objectIn(call, 'function') } }
}

function grow(block: JsonObject, delta: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    if (typeof delta[field] === 'string') block[field] = textIn(block, field) + textIn(delta, field)
  }
}

/** What ended with an error or ran out of time is no answer. */
function givenUp(said: JsonObject, status: number): ErrorMeaning | null {
  const word = textIn(said, 'finish_reason')
  if (word !== 'ERROR' && word !== 'TIMEOUT') return null
  return { status: word === 'TIMEOUT' ? 504 : status, code: word.toLowerCase(), message: textIn(said, 'error') }
}

/** The plan for the tools is reasoning: it comes first. */
function choiceOf(message: JsonObject, said: JsonObject): ChoiceMeaning {
  const blocks = listOf(message.content)
  const joined = (type: string) =>
    blocks
      .filter((block) => block.type === type)
      .map((block) => textIn(block, type))
      .join('')
  const citations = listOf(message.citations)
  return {
    text: textIn(message, 'content') + joined('text'),
    reasoning: textIn(message, 'tool_plan') + joined('thinking'),
    refusal: '',
    calls: listOf(message.tool_calls).map((call) => ({
      id: textIn(call, 'id'),
      name: textIn(objectIn(call, 'function'), 'name'),
      arguments: argumentsOf(textIn(objectIn(call, 'function'), 'arguments')),
    })),
    foreign: citations.length > 0 ? [{ citations }] : [],
    finish: textIn(said, 'finish_reason') || null,
    stopText: null,
  }
}

/** What is billed. The cached tokens are of a prompt that is not: they are of no concern to anybody who pays. */
function usageOf(raw: JsonObject): UsageMeaning {
  const billed = objectIn(raw, 'billed_units')
  const all = objectIn(raw, 'tokens')
  const output = tokens(billed.output_tokens) ?? tokens(all.output_tokens)
  const reasoning = tokens(all.reasoning_tokens)
  return {
    input: tokens(billed.input_tokens) ?? tokens(all.input_tokens),
    output,
    cached: null,
    reasoning: reasoning === null || output === null ? reasoning : Math.min(reasoning, output),
  }
}

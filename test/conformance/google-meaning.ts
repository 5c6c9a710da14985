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
import { listOf, objectIn, textIn, tokens } from './plain-json.ts'

/** Reads a reply in the format of generateContent. */
export function readGoogle(reply: PlainReply): Meaning {
  if (reply.status >= 400) return failed(reply.status, told(errorOfReply(reply.status, reply.body), reply.body))
  return isStream(reply) ? readStream(reply) : readWhole(reply)
}

function failed(status: number, error: ErrorMeaning | null): Meaning {
  return { status, model: null, choices: [], usage: null, error, stream: null }
}

/** Google's reasons are in the details of an error. A refused key has the status of a wrong request, and a long prompt no word of its own. */
function told(error: ErrorMeaning, body: string): ErrorMeaning {
  const value = parseJson(body)
  const { error: said } = isObject(value) ? value : ({} as JsonObject)
  const reason = listOf(isObject(said) ? said.details : undefined)
    .map((detail) => textIn(detail, 'reason'))
    .find((each) => each !== '')
  const word = reason ?? (isObject(said) ? textIn(said, 'status') : '')
  const tooLong = /token count .* exceeds the maximum/.test(error.message)
  const status = word === 'API_KEY_INVALID' ? 401 : error.status
  return { ...error, status, code: reason ?? (tooLong ? 'context_length' : word || error.code) }
}

function readWhole({ status, body }: PlainReply): Meaning {
  const answer = parseJson(body)
  const error = errorIn(answer, status)
  if (error || !isObject(answer)) return failed(status, error && told(error, body))
  return { ...meaningOf(answer, [answer], status), stream: null }
}

function readStream({ status, body }: PlainReply): Meaning {
  const texts = plainEvents(body).map(({ data }) => data)
  const chunks = texts.map((text) => parseJson(text)).filter(isObject)
  const broken = texts.find((text) => errorIn(parseJson(text), status))
  const said = errorIn(broken === undefined ? undefined : parseJson(broken), status)
  const error = said && broken !== undefined ? told(said, broken) : null
  const whole = meaningOf(chunks.at(-1) ?? {}, chunks, status)
  const complete = error === null && whole.choices.some(({ finish }) => finish !== null)
  return { ...whole, error, stream: { complete, markers: 0, markerIsLast: true } }
}

/** What chunks say together; a whole answer is one chunk. */
function meaningOf(last: JsonObject, chunks: readonly JsonObject[], status: number): Omit<Meaning, 'stream'> {
  const byIndex = new Map<JsonValue, JsonObject[]>()
  for (const candidate of chunks.flatMap((chunk) => listOf(chunk.candidates))) {
    const index = candidate.index ?? 0
    byIndex.set(index, [...(byIndex.get(index) ?? []), candidate])
  }
  const blocked = chunks.map((chunk) => textIn(objectIn(chunk, 'promptFeedback'), 'blockReason')).find((word) => word)
  const choices = [...byIndex.values()].map(choiceOf)
  const usage = Object.assign({}, ...chunks.map((chunk) => objectIn(chunk, 'usageMetadata'))) as JsonObject
  return {
    status,
    model: chunks.map((chunk) => textIn(chunk, 'modelVersion')).find((name) => name) || textIn(last, 'model') || null,
    choices: choices.length === 0 && blocked ? [{ ...choiceOf([]), finish: blocked }] : choices,
    usage: Object.keys(usage).length > 0 ? usageOf(usage) : null,
    error: null,
  }
}

function choiceOf(candidates: readonly JsonObject[]): ChoiceMeaning {
  const parts = candidates.flatMap((candidate) => listOf(objectIn(candidate, 'content').parts))
  const texts = parts.filter((part) => typeof part.text === 'string')
  const joined = (thought: boolean) =>
    texts
      .filter((part) => (part.thought === true) === thought)
      .map((part) => textIn(part, 'text'))
      .join('')
  return {
    text: joined(false),
    reasoning: joined(true),
    refusal: '',
    calls: callsOf(parts.map((part) => part.functionCall).filter(isObject)),
    foreign: parts.flatMap(foreignIn),
    finish: candidates.map(({ finishReason }) => wordOf(finishReason)).findLast((word) => word !== null) ?? null,
    stopText: null,
  }
}

/** Hosts that were asked for numbers write the place of the word in Google's list. */
function wordOf(reason: JsonValue | undefined): string | null {
  if (typeof reason === 'number') return ['', 'STOP', 'MAX_TOKENS', 'SAFETY'][reason] ?? String(reason)
  return typeof reason === 'string' ? reason : null
}

/** Calls come whole, or on Vertex in pieces: a name, then arguments by their place, then an empty piece. */
function callsOf(pieces: readonly JsonObject[]): CallMeaning[] {
  const calls: { id: string; name: string; arguments: JsonObject }[] = []
  for (const piece of pieces) {
    if (typeof piece.name === 'string')
      calls.push({ id: textIn(piece, 'id'), name: piece.name, arguments: { ...objectIn(piece, 'args') } })
    const call = calls.at(-1)
    for (const argument of listOf(piece.partialArgs)) {
      const name = textIn(argument, 'jsonPath').replace(/^\$\./, '')
      const known = call?.arguments[name]
      if (call) call.arguments[name] = (typeof known === 'string' ? known : '') + textIn(argument, 'stringValue')
    }
  }
  return calls
}

/** What of a part only this format knows: all of code and its result, and the signature of any part. */
function foreignIn(part: JsonObject): JsonValue[] {
  const { text, functionCall: call, thoughtSignature: signature } = part
  if (text === undefined && call === undefined) return [part]
  return typeof signature === 'string' ? [{ signature }] : []
}

/** `promptTokenCount` holds what a cache served, but not what tools brought; `candidatesTokenCount` does not hold thoughts. */
function usageOf(raw: JsonObject): UsageMeaning {
  const prompt = tokens(raw.promptTokenCount)
  const brought = tokens(raw.toolUsePromptTokenCount)
  const said = tokens(raw.candidatesTokenCount)
  const thoughts = tokens(raw.thoughtsTokenCount)
  return {
    input: prompt === null ? brought : prompt + (brought ?? 0),
    output: said === null && thoughts === null ? null : (said ?? 0) + (thoughts ?? 0),
    cached: tokens(raw.cachedContentTokenCount),
    reasoning: thoughts,
  }
}

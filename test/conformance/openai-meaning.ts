import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { errorIn, errorOfReply } from './error-meaning.ts'
import { type ChoiceMeaning, type ErrorMeaning, isStream, type Meaning, type PlainReply } from './meaning.ts'
import { openAiUsage } from './openai-usage.ts'
import { plainEvents } from './plain-events.ts'
import { argumentsOf, listOf, objectIn, textIn } from './plain-json.ts'

/** Reads a reply in the format of Chat Completions. */
export function readOpenAi(reply: PlainReply): Meaning {
  if (reply.status >= 400) return failed(reply.status, errorOfReply(reply.status, reply.body))
  return isStream(reply) ? readStream(reply) : readWhole(reply)
}

function failed(status: number, error: ErrorMeaning | null): Meaning {
  return { status, model: null, choices: [], usage: null, error, stream: null }
}

function readWhole({ status, body }: PlainReply): Meaning {
  const answer = parseJson(body)
  const error = errorIn(answer, status) ?? (isObject(answer) ? givenUp(answer, status) : null)
  if (error || !isObject(answer)) return failed(status, error)
  const choices = listOf(answer.choices).map((choice) => {
    const draft = new Draft()
    draft.add(isObject(choice.message) ? choice.message : {})
    draft.note(choice)
    return draft.choice()
  })
  const usage = isObject(answer.usage) ? openAiUsage(answer.usage) : null
  return { status, model: textIn(answer, 'model') || null, choices, usage, error: null, stream: null }
}

/** An answer that finished with `error` is none. */
function givenUp(answer: JsonObject, status: number): ErrorMeaning | null {
  const choice = listOf(answer.choices)[0]
  return choice?.finish_reason === 'error' ? (errorIn(choice, status) ?? { status, code: 'error', message: '' }) : null
}

function readStream({ status, body }: PlainReply): Meaning {
  const events = plainEvents(body)
  const drafts = new Map<number, Draft>()
  let model: string | null = null
  let usage: JsonObject = {}
  let error: ErrorMeaning | null = null
  for (const { event, data } of events) {
    const chunk = parseJson(data)
    if (event === 'error') error ??= errorIn(chunk, status) ?? { status, code: null, message: data }
    error ??= errorIn(chunk, status)
    if (!isObject(chunk)) continue
    error ??= givenUp(chunk, status)
    model ??= textIn(chunk, 'model') || null
    for (const choice of listOf(chunk.choices)) {
      const index = typeof choice.index === 'number' ? choice.index : 0
      const draft = drafts.get(index) ?? new Draft()
      drafts.set(index, draft)
      draft.add(isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : {})
      draft.note(choice)
    }
    const said = [chunk.usage, listOf(chunk.choices)[0]?.usage, isObject(chunk.x_groq) ? chunk.x_groq.usage : null]
    const counted = said.find(isObject)
    if (counted) usage = { ...usage, ...counted }
  }
  const choices = [...drafts].sort(([left], [right]) => left - right).map(([, draft]) => draft.choice())
  const markers = events.filter(({ data }) => data.trim() === '[DONE]').length
  const finished = choices.length > 0 && choices.every(({ finish }) => finish !== null)
  const spoke = [...drafts.values()].some((draft) => draft.spoke)
  return {
    status,
    model,
    choices,
    usage: Object.keys(usage).length > 0 ? openAiUsage(usage) : null,
    error,
    stream: {
      complete: error === null && (finished || (markers > 0 && spoke)),
      markers,
      markerIsLast: events.at(-1)?.data.trim() === '[DONE]',
    },
  }
}

interface DraftCall {
  readonly index: number | null
  readonly id: string
  readonly name: string
  readonly custom: boolean
  text: string
}

/** One choice while its pieces are put together; a whole message is one piece. */
class Draft {
  #text = ''
  #transcript = ''
  #reasoning = ''
  #refusal = ''
  /** Signatures and encrypted reasoning. */
  #seals = ''
  #finish: string | null = null
  #stopText: string | null = null
  readonly #calls: DraftCall[] = []

  get spoke(): boolean {
    return `${this.#text}${this.#transcript}${this.#reasoning}${this.#refusal}` !== '' || this.#calls.length > 0
  }

  add(piece: JsonObject): void {
    const parts = Array.isArray(piece.content) ? piece.content.filter(isObject) : []
    this.#text += textIn(piece, 'content') + parts.map((part) => textIn(part, 'text')).join('')
    this.#refusal += textIn(piece, 'refusal') + parts.map((part) => textIn(part, 'refusal')).join('')
    this.#reasoning += reasoningIn(piece) + parts.map(thinkingIn).join('')
    if (isObject(piece.audio)) this.#transcript += textIn(piece.audio, 'transcript')
    const calls = listOf(piece.tool_calls)
    for (const call of calls) this.#call(call)
    if (calls.length === 0 && isObject(piece.function_call)) this.#call({ index: 0, function: piece.function_call })
    this.#seals += listOf(piece.reasoning_details)
      .map((detail) => textIn(detail, 'signature') + textIn(detail, 'data'))
      .join('')
  }

  note(choice: JsonObject): void {
    this.#finish = textIn(choice, 'finish_reason') || this.#finish
    this.#stopText = textIn(choice, 'stop_reason') || this.#stopText
  }

  /** A piece belongs to the call of its index, unless it brings another id: some hosts give every call the index 0. */
  #call(piece: JsonObject): void {
    const custom = piece.type === 'custom'
    const detail = objectIn(piece, custom ? 'custom' : 'function')
    const id = textIn(piece, 'id')
    const index = typeof piece.index === 'number' ? piece.index : null
    const name = textIn(detail, 'name')
    const text = textOrJson(detail.arguments ?? detail.input)
    const known = this.#calls.findLast((call) =>
      index === null
        ? id === '' || call.id === id
        : call.index === index && (id === '' || call.id === '' || call.id === id),
    )
    if (known && (index !== null || name === '')) known.text += text
    else if (name !== '') this.#calls.push({ index, id, name, custom, text })
  }

  choice(): ChoiceMeaning {
    return {
      text: this.#text || this.#transcript,
      reasoning: this.#reasoning,
      refusal: this.#refusal,
      calls: this.#calls
        .filter(({ custom }) => !custom)
        .map(({ id, name, text }) => ({ id, name, arguments: argumentsOf(text) })),
      foreign: [
        ...(this.#seals === '' ? [] : [this.#seals]),
        ...this.#calls.filter(({ custom }) => custom).map(({ name, text }) => ({ custom: name, text })),
      ],
      finish: this.#finish,
      stopText: this.#stopText,
    }
  }
}

/** Hosts write reasoning into one of three fields, and some repeat it in two of them. */
function reasoningIn(piece: JsonObject): string {
  const plain = textIn(piece, 'reasoning_content') || textIn(piece, 'reasoning')
  if (plain !== '') return plain
  return listOf(piece.reasoning_details)
    .map((detail) => textIn(detail, 'text') || textIn(detail, 'summary'))
    .join('')
}

/** Mistral's thinking part. */
function thinkingIn(part: JsonObject): string {
  return (
    textIn(part, 'thinking') +
    listOf(part.thinking)
      .map((piece) => textIn(piece, 'text'))
      .join('')
  )
}

function textOrJson(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : isObject(value) ? JSON.stringify(value) : ''
}

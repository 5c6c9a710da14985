import { isObject, type JsonObject, type JsonValue, parseJson } from '../../src/lib/json.ts'
import { errorIn, errorOfReply } from './error-meaning.ts'
import { type ChoiceMeaning, type ErrorMeaning, isStream, type Meaning, type PlainReply } from './meaning.ts'
import { type PlainEvent, plainEvents } from './plain-events.ts'
import { argumentsOf, listOf, objectIn, textIn, tokens } from './plain-json.ts'

/*
 * A stream is read from its deltas and the items that are done, as a person would who watches it; what its end repeats counts only where nothing was
 * told before. The sign of a whole answer is `response.completed` or `response.incomplete`.
 */

/** Reads a reply in the format of Responses. */
export function readResponses(reply: PlainReply): Meaning {
  if (reply.status >= 400) return failed(reply.status, errorOfReply(reply.status, reply.body))
  return isStream(reply) ? readStream(reply) : readWhole(reply)
}

function failed(status: number, error: ErrorMeaning | null): Meaning {
  return { status, model: null, choices: [], usage: null, error, stream: null }
}

function readWhole({ status, body }: PlainReply): Meaning {
  const answer = parseJson(body)
  const error = errorIn(answer, status)
  if (error || !isObject(answer) || !Array.isArray(answer.output)) return failed(status, error)
  if (['queued', 'in_progress', 'cancelled'].includes(textIn(answer, 'status'))) return failed(status, null)
  return { ...meaningOf(answer, listOf(answer.output)), status, error: null, stream: null }
}

function meaningOf(answer: JsonObject, items: readonly JsonObject[]): Pick<Meaning, 'model' | 'choices' | 'usage'> {
  const { usage } = answer
  return {
    model: textIn(answer, 'model') || null,
    choices: [choiceOf(items, answer)],
    usage: isObject(usage)
      ? {
          input: tokens(usage.input_tokens),
          output: tokens(usage.output_tokens),
          cached: tokens(objectIn(usage, 'input_tokens_details').cached_tokens),
          reasoning: tokens(objectIn(usage, 'output_tokens_details').reasoning_tokens),
        }
      : null,
  }
}

function choiceOf(items: readonly JsonObject[], answer: JsonObject): ChoiceMeaning {
  const of = (type: string) => items.filter((item) => item.type === type)
  const parts = of('message').flatMap((item) => listOf(item.content))
  const others = items.filter(({ type }) => type !== 'message' && type !== 'function_call' && type !== 'reasoning')
  // Items that carry another vendor's seal say nothing of their own.
  const seals = of('reasoning')
    .map((item) => textIn(item, 'encrypted_content'))
    .filter((seal) => seal !== '' && !seal.startsWith('headgate.call.'))
  return {
    text: parts.map((part) => textIn(part, 'text')).join(''),
    reasoning: of('reasoning').map(reasoningOf).join(''),
    refusal: parts.map((part) => textIn(part, 'refusal')).join(''),
    calls: of('function_call').map((item) => ({
      id: textIn(item, 'call_id'),
      name: textIn(item, 'name'),
      arguments: argumentsOf(textIn(item, 'arguments')),
    })),
    foreign: [...seals, ...others],
    finish: finishOf(answer, others),
    stopText: null,
  }
}

function reasoningOf(item: JsonObject): string {
  const said = (pieces: JsonValue | undefined) =>
    listOf(pieces)
      .map((piece) => textIn(piece, 'text'))
      .filter((text) => text !== '')
      .join('\n\n')
  return said(item.content) || said(item.summary)
}

/** Statuses are no finish reasons: what waits for the caller is `completed` too. */
function finishOf(answer: JsonObject, others: readonly JsonObject[]): string {
  if (answer.status === 'incomplete') return textIn(objectIn(answer, 'incomplete_details'), 'reason') || 'incomplete'
  return others.some((item) => waits(item, others)) ? 'waits' : 'completed'
}

function waits({ type, execution, call_id: id }: JsonObject, items: readonly JsonObject[]): boolean {
  if (type === 'tool_search_call') return execution === 'client'
  if (type === 'shell_call') return !items.some((item) => item.type === 'shell_call_output' && item.call_id === id)
  return /^(custom_tool|computer|local_shell|apply_patch)_call$|^mcp_approval_request$/.test(String(type))
}

function readStream({ status, body }: PlainReply): Meaning {
  const events = plainEvents(body).map((event) => ({ ...event, value: parseJson(event.data) }))
  const error = firstError(events, status)
  const data = events.flatMap(({ value }) => (isObject(value) ? [value] : []))
  const ends = data.filter(({ type }) => type === 'response.completed' || type === 'response.incomplete')
  const [end] = ends
  const last = objectIn(end ?? {}, 'response')
  // A few recordings hold several whole streams, one after another: the first is the answer.
  const told = itemsTold(end ? data.slice(0, data.indexOf(end)) : data)
  const items = told.length > 0 ? told : listOf(last.output)
  const first = objectIn(data.find(({ type }) => type === 'response.created') ?? {}, 'response')
  const spoken = isObject(end) || items.length > 0
  const marker = events.filter(({ data: text }) => text.trim() !== '[DONE]').at(-1)
  return {
    ...meaningOf({ ...first, ...last }, items),
    ...(spoken ? {} : { choices: [] }),
    status,
    error,
    stream: {
      complete: error === null && end !== undefined,
      markers: ends.length,
      markerIsLast: marker !== undefined && ends.some((each) => each === marker.value),
    },
  }
}

function firstError(
  events: readonly (PlainEvent & { readonly value: JsonValue | undefined })[],
  status: number,
): ErrorMeaning | null {
  for (const { event, data, value } of events) {
    const type = isObject(value) ? value.type : undefined
    if (type === 'response.failed' && isObject(value)) {
      const inside = errorIn(value.response, status)
      return inside ?? { status, code: null, message: '' }
    }
    if (event === 'error' || type === 'error') {
      return errorIn(value, status) ?? { status, code: null, message: data }
    }
    if (type === undefined) {
      const bare = errorIn(value, status)
      if (bare) return bare
    }
  }
  return null
}

/** The items of a stream in their order: as they were when they were done, else as far as their deltas went. */
function itemsTold(data: readonly JsonObject[]): JsonObject[] {
  const items = new Map<JsonValue, JsonObject>()
  for (const event of data) {
    const at = event.output_index ?? -1
    if (!isObject(event.item)) grow(items.get(at), event)
    else if (event.type === 'response.output_item.added' || event.type === 'response.output_item.done') {
      items.set(at, structuredClone(event.item))
    }
  }
  return [...items].sort(([left], [right]) => Number(left) - Number(right)).map(([, item]) => item)
}

function grow(item: JsonObject | undefined, event: JsonObject): void {
  if (!item || typeof event.delta !== 'string') return
  const add = (list: 'content' | 'summary', index: JsonValue | undefined, field: string) => {
    const pieces = Array.isArray(item[list]) ? item[list] : []
    const at = typeof index === 'number' ? index : 0
    const piece = isObject(pieces[at]) ? pieces[at] : {}
    pieces[at] = { ...piece, [field]: textIn(piece, field) + event.delta }
    item[list] = pieces
  }
  switch (event.type) {
    case 'response.output_text.delta':
    case 'response.reasoning_text.delta':
      add('content', event.content_index, 'text')
      return
    case 'response.refusal.delta':
      add('content', event.content_index, 'refusal')
      return
    case 'response.reasoning_summary_text.delta':
      add('summary', event.summary_index, 'text')
      return
    case 'response.function_call_arguments.delta':
      item.arguments = textIn(item, 'arguments') + event.delta
  }
}

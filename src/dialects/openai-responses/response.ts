import type { Part } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { AnswerWriter } from './answer-writer.ts'
import { CarriedCalls } from './carried-seal.ts'
import { sayingSomething } from './content.ts'
import { errorIn } from './error.ts'
import { asExtensions, ownPart } from './extensions.ts'
import { decodeFinish } from './finish.ts'
import { decodeCall } from './items.ts'
import { decodeReasoning } from './reasoning.ts'
import { decodeUsage } from './usage.ts'

/** States of a response that is not there yet, or never will be; nobody asked for one that comes later. */
const WITHOUT_ANSWER: ReadonlySet<JsonValue | undefined> = new Set(['queued', 'in_progress', 'cancelled'])

/**
 * A whole answer. Throws GatewayError `upstream_failed` for an error in a reply that said 200, and `upstream_invalid_response` for what is no
 * answer.
 */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  if (!isObject(body)) throw notAnAnswer('it is not an object')
  const error = errorIn(body)
  if (error) {
    const { status, code } = error
    throw new GatewayError('upstream_failed', `The provider reported an error: ${error.message}`, {
      upstream: { ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) },
    })
  }
  if (WITHOUT_ANSWER.has(body.status)) throw notAnAnswer(`its status is ${body.status}`)
  if (!Array.isArray(body.output)) throw notAnAnswer('it has no output')
  return {
    ...decodeHead(body),
    content: decodeOutput(body.output.filter(isObject)),
    ...decodeFinish(body),
    ...(isObject(body.usage) ? { usage: decodeUsage(body.usage, body) } : {}),
  }
}

/** The id, model and time of an answer, where they say something. */
export function decodeHead(response: JsonObject): Pick<CanonicalResponse, 'id' | 'model' | 'created'> {
  const { id, model, created_at: created } = response
  return {
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    ...(typeof created === 'number' && created > 0 ? { created } : {}),
  }
}

function decodeOutput(items: readonly JsonObject[]): Part[] {
  const carried = new CarriedCalls()
  const parts = items.filter((item) => item.type !== 'reasoning' || !carried.take(item)).flatMap(decodeItem)
  return parts
    .filter(saysSomething)
    .map((part) => (part.type === 'tool-call' ? { ...part, ...carried.sealed(part.id, part.extensions) } : part))
}

function decodeItem(item: JsonObject): Part[] {
  switch (item.type) {
    case 'message':
      return Array.isArray(item.content) ? item.content.filter(isObject).map((part) => answerPart(part, item)) : []
    case 'reasoning':
      return [decodeReasoning(item)]
    case 'function_call':
      return [decodeCall(item)]
    default:
      return [ownPart(item)]
  }
}

function answerPart(part: JsonObject, item: JsonObject): Part {
  if (typeof part.refusal === 'string') return { type: 'refusal', text: part.refusal }
  if (typeof part.text !== 'string') return ownPart(part)
  return { type: 'text', text: part.text, ...textExtensions(part, item) }
}

/** What only this format says of a text: its citations and probabilities, and the phase of its message. */
export function textExtensions(part: JsonObject, item: JsonObject) {
  const { type: _, text: __, ...own } = part
  const phase = typeof item.phase === 'string' ? { phase: item.phase } : {}
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null))
  return asExtensions({ ...sayingSomething(said), ...phase })
}

function saysSomething(part: Part): boolean {
  if (part.type === 'text' || part.type === 'refusal') return part.text !== ''
  return part.type !== 'reasoning' || part.text !== '' || part.origin !== undefined
}

function notAnAnswer(problem: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The provider's reply is no response: ${problem}.`)
}

/** A whole answer as a response object: what its stream would end with. */
export function encodeResponse(response: CanonicalResponse): JsonObject {
  const writer = new AnswerWriter({ id: response.id ?? newId('resp'), model: response.model ?? '' }, () => {})
  for (const event of expand(response)) writer.push(event)
  return writer.end()
}

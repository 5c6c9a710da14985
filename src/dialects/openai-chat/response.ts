import type { OpaquePart, Part } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { systemClock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { ownPart } from './content.ts'
import { errorIn } from './error.ts'
import { decodeFinish, encodeFinishReason } from './finish-reason.ts'
import { decodeReasoning, encodeReasoning, thinkingText } from './reasoning.ts'
import { decodeToolCalls, encodeAnswerCall, isOwnToolCall } from './tool-calls.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/**
 * A whole answer; its first choice is the answer, others are left to the relay. Throws GatewayError `upstream_failed` for an error
 * in a reply that said 200, and `upstream_invalid_response` for what is no answer.
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
  const choice = firstChoice(body)
  if (!isObject(choice)) throw notAnAnswer('it has no choices')
  if (!isObject(choice.message)) throw notAnAnswer('its choice has no message')
  const content = decodeMessage(choice.message)
  return {
    ...decodeHead(body),
    content,
    ...decodeFinish(choice, content.some(isCall)),
    ...(isObject(body.usage) ? { usage: decodeUsage(body.usage, body) } : {}),
  }
}

/** The id, model and time of an answer or chunk, where they say something. */
export function decodeHead(body: JsonObject): Pick<CanonicalResponse, 'id' | 'model' | 'created'> {
  return {
    ...(typeof body.id === 'string' && body.id !== '' ? { id: body.id } : {}),
    ...(typeof body.model === 'string' && body.model !== '' ? { model: body.model } : {}),
    ...(typeof body.created === 'number' && body.created > 0 ? { created: body.created } : {}),
  }
}

/** The choice that is the answer: the one with index 0, or without an index. */
export function firstChoice(body: JsonObject): JsonObject | undefined {
  const choices = Array.isArray(body.choices) ? body.choices.filter(isObject) : []
  return choices.find((choice) => !choice.index)
}

function decodeMessage(message: JsonObject): Part[] {
  const refusal = typeof message.refusal === 'string' ? message.refusal : ''
  const audio = isObject(message.audio) && message.audio.data ? message.audio : undefined
  const spoken = audio && typeof audio.transcript === 'string' ? audio.transcript : ''
  const said = decodeAnswerContent(message.content)
  return [
    ...decodeReasoning(message),
    ...(said.length === 0 && spoken !== '' ? [{ type: 'text', text: spoken } as const] : said),
    ...(refusal === '' ? [] : [{ type: 'refusal', text: refusal } as const]),
    ...(audio ? [ownPart({ audio })] : []),
    ...decodeToolCalls(message),
  ]
}

/** The content of an answer or of a delta: a text, or parts of text and thinking (Mistral). Nothing empty comes out. */
export function decodeAnswerContent(content: JsonValue | undefined): Part[] {
  const pieces = Array.isArray(content) ? content : [content]
  const parts: Part[] = []
  for (const piece of pieces) {
    if (typeof piece === 'string') parts.push({ type: 'text', text: piece })
    else if (!isObject(piece)) continue
    else if (piece.type === 'thinking') parts.push({ type: 'reasoning', text: thinkingText(piece) })
    else if (typeof piece.refusal === 'string') parts.push({ type: 'refusal', text: piece.refusal })
    else if (typeof piece.text === 'string') parts.push({ type: 'text', text: piece.text })
  }
  return parts.filter((part) => !('text' in part) || part.text !== '')
}

function isCall(part: Part): boolean {
  return part.type === 'tool-call' || (part.type === 'opaque' && isOwnToolCall(part))
}

function notAnAnswer(problem: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The provider's reply is no chat completion: ${problem}.`)
}

/** A whole answer as a `chat.completion`. */
export function encodeResponse(response: CanonicalResponse): JsonObject {
  const { id, model, created, finishReason, rawFinishReason, usage } = response
  return {
    id: id ?? newId('chatcmpl'),
    object: 'chat.completion',
    created: created ?? unixSeconds(),
    model: model ?? '',
    choices: [
      {
        index: 0,
        message: encodeMessage(response.content),
        logprobs: null,
        finish_reason: encodeFinishReason(finishReason, rawFinishReason),
      },
    ],
    ...(usage ? { usage: encodeUsage(usage) } : {}),
  }
}

function encodeMessage(content: readonly Part[]): JsonObject {
  let text: string | null = null
  let refusal: string | null = null
  const calls: JsonObject[] = []
  for (const part of content) {
    if (part.type === 'text') text = (text ?? '') + part.text
    else if (part.type === 'refusal') refusal = (refusal ?? '') + part.text
    else if (part.type === 'tool-call') calls.push(encodeAnswerCall(part))
    else if (part.type === 'opaque' && isOwnToolCall(part) && isObject(part.block)) calls.push(part.block)
  }
  return {
    role: 'assistant',
    content: text ?? (refusal === null && calls.length === 0 ? '' : null),
    refusal,
    ...encodeReasoning(content.filter((part) => part.type === 'reasoning')),
    ...audioOf(content),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function audioOf(content: readonly Part[]): JsonObject {
  const spoken = content.find(
    (part): part is OpaquePart => part.type === 'opaque' && part.dialect === 'openai-chat' && !isOwnToolCall(part),
  )
  return isObject(spoken?.block) && isObject(spoken.block.audio) ? { audio: spoken.block.audio } : {}
}

/** Now, as replies say it. */
export function unixSeconds(): number {
  return Math.floor(systemClock.now() / 1000)
}

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
import { addToolCalls, encodeAnswerCall, isOwnToolCall } from './tool-calls.ts'
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
  const { finishReason, rawFinishReason, stopSequence } = decodeFinish(choice, content.some(isCall))
  const response: Decoded = { ...decodeHead(body), content, finishReason }
  if (rawFinishReason !== undefined) response.rawFinishReason = rawFinishReason
  if (stopSequence !== undefined) response.stopSequence = stopSequence
  if (isObject(body.usage)) response.usage = decodeUsage(body.usage, body)
  return response
}

/** An answer while it is read. */
type Decoded = { -readonly [Name in keyof CanonicalResponse]: CanonicalResponse[Name] }

/** The id, model and time of an answer or chunk, where they say something. */
export function decodeHead({ id, model, created }: JsonObject): Pick<CanonicalResponse, 'id' | 'model' | 'created'> {
  const head: Pick<Decoded, 'id' | 'model' | 'created'> = {}
  if (typeof id === 'string' && id !== '') head.id = id
  if (typeof model === 'string' && model !== '') head.model = model
  if (typeof created === 'number' && created > 0) head.created = created
  return head
}

/** The choice that is the answer: the one with index 0, or without an index. */
export function firstChoice({ choices }: JsonObject): JsonObject | undefined {
  if (Array.isArray(choices)) for (const choice of choices) if (isObject(choice) && !choice.index) return choice
  return undefined
}

function decodeMessage(message: JsonObject): Part[] {
  const { refusal, audio } = message
  const parts: Part[] = decodeReasoning(message)
  const said = decodeAnswerContent(message.content)
  const spoken = isObject(audio) && audio.data ? audio : null
  if (said.length > 0) parts.push(...said)
  else if (spoken && typeof spoken.transcript === 'string' && spoken.transcript !== '')
    parts.push({ type: 'text', text: spoken.transcript })
  if (typeof refusal === 'string' && refusal !== '') parts.push({ type: 'refusal', text: refusal })
  if (spoken) parts.push(ownPart({ audio: spoken }))
  addToolCalls(message, parts)
  return parts
}

/** The content of an answer or of a delta: a text, or parts of text and thinking (Mistral). Nothing empty comes out. */
export function decodeAnswerContent(content: JsonValue | undefined): Part[] {
  const parts: Part[] = []
  if (!Array.isArray(content)) addPiece(content, parts)
  else for (const piece of content) addPiece(piece, parts)
  return parts
}

function addPiece(piece: JsonValue | undefined, parts: Part[]): void {
  if (typeof piece === 'string') addText('text', piece, parts)
  else if (!isObject(piece)) return
  else if (piece.type === 'thinking') addText('reasoning', thinkingText(piece), parts)
  else if (typeof piece.refusal === 'string') addText('refusal', piece.refusal, parts)
  else if (typeof piece.text === 'string') addText('text', piece.text, parts)
}

function addText(type: 'text' | 'reasoning' | 'refusal', text: string, parts: Part[]): void {
  if (text !== '') parts.push({ type, text })
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

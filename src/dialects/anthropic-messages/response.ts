import type { Part } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { carryCall, carryThought, openSeals } from './carried-seals.ts'
import { decodeBlock } from './decode-content.ts'
import { errorIn } from './error.ts'
import { ownExtensions } from './extensions.ts'
import { decodeFinish, encodeFinish } from './stop-reason.ts'
import { toToolInput } from './tool-arguments.ts'
import { toWireToolId } from './tool-ids.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/**
 * A whole Messages answer. Throws GatewayError: `upstream_failed` for an error that came with a good status,
 * `upstream_invalid_response` for what is no answer.
 */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  const error = errorIn(body)
  if (error) {
    const upstream = { ...(error.status && { status: error.status }), ...(error.code && { code: error.code }) }
    throw new GatewayError('upstream_failed', `The provider answered with an error: ${error.message}`, { upstream })
  }
  if (!isObject(body) || !Array.isArray(body.content)) {
    throw new GatewayError('upstream_invalid_response', 'The provider answered with something that is not a message.')
  }
  return {
    ...(typeof body.id === 'string' ? { id: body.id } : {}),
    ...(typeof body.model === 'string' ? { model: body.model } : {}),
    content: openSeals(body.content.map(answerPart)),
    ...decodeFinish(body.stop_reason, body.stop_sequence),
    ...(isObject(body.usage) ? { usage: decodeUsage(body.usage) } : {}),
  }
}

function answerPart(block: JsonValue, at: number): Part {
  try {
    return decodeBlock(block, `content[${at}]`)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new GatewayError('upstream_invalid_response', `The provider's answer is malformed: ${what}`, { cause: error })
  }
}

/** A whole answer in Anthropic's words. */
export function encodeResponse(response: CanonicalResponse): JsonObject {
  const refused = response.content.some((part) => part.type === 'refusal')
  return {
    id: response.id ?? newId('msg'),
    type: 'message',
    role: 'assistant',
    model: response.model ?? '',
    content: response.content.flatMap(answerBlocks),
    ...encodeFinish(response, refused),
    usage: encodeUsage(response.usage),
  }
}

/** A part as its block, behind what the caller must give back with it. */
function answerBlocks(part: Part): JsonObject[] {
  const seal = part.type === 'tool-call' ? carryCall(part.extensions) : null
  return [seal, answerBlock(part)].filter((block) => block !== null)
}

/** One part of an answer as a block; null when it says nothing or nothing that this format knows. */
function answerBlock(part: Part): JsonObject | null {
  switch (part.type) {
    case 'text':
      return part.text === '' ? null : { ...ownExtensions(part.extensions), type: 'text', text: part.text }
    case 'refusal':
      return part.text === '' ? null : { type: 'text', text: part.text }
    case 'tool-call':
      return {
        ...ownExtensions(part.extensions),
        type: 'tool_use',
        id: toWireToolId(part.id),
        name: part.name,
        input: toToolInput(part.arguments),
      }
    case 'reasoning': {
      const own = part.origin === 'anthropic-messages'
      if (own && part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted }
      const carried = carryThought(part)
      if (carried !== undefined && part.text === '') return { type: 'redacted_thinking', data: carried }
      const signature = (own ? part.signature : carried) ?? ''
      // SDKs need the field; an empty signature tells us later that the reasoning was not Anthropic's.
      return part.text === '' && signature === '' ? null : { type: 'thinking', thinking: part.text, signature }
    }
    case 'opaque':
      return part.dialect === 'anthropic-messages' && isObject(part.block) ? part.block : null
    default:
      return null
  }
}

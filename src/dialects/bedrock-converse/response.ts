import type { Part } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { toToolInput } from '../anthropic-messages/tool-arguments.ts'
import { decodeBlock } from './decode-content.ts'
import { errorIn } from './error.ts'
import { ownExtensions } from './extensions.ts'
import { encodeSealed } from './reasoning.ts'
import { decodeFinish, encodeFinish } from './stop-reason.ts'
import { spelledName, toToolUseId } from './tool-names.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/**
 * A whole Converse answer, which says neither its id nor its model. Throws GatewayError: `upstream_failed` for an error that came with a
 * good status, `upstream_invalid_response` for what is no answer.
 */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  const error = errorIn(body)
  if (error) {
    const upstream = error.code === undefined ? {} : { code: error.code }
    throw new GatewayError('upstream_failed', `The provider answered with an error: ${error.message}`, { upstream })
  }
  const message = isObject(body) && isObject(body.output) ? body.output.message : undefined
  if (!isObject(body) || !isObject(message) || !Array.isArray(message.content)) {
    throw new GatewayError('upstream_invalid_response', 'The provider answered with something that is not a message.')
  }
  const usage = decodeUsage(body.usage, body.serviceTier)
  return {
    content: message.content.map(answerPart),
    ...decodeFinish(body),
    ...(usage ? { usage } : {}),
  }
}

function answerPart(value: JsonValue, at: number): Part {
  try {
    if (!isObject(value)) throw new Error(`content[${at}] is no object`)
    return decodeBlock(value, `content[${at}]`)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new GatewayError('upstream_invalid_response', `The provider's answer is malformed: ${what}`, { cause: error })
  }
}

/** A whole answer in Bedrock's words. */
export function encodeResponse(response: CanonicalResponse): JsonObject {
  return {
    output: { message: { role: 'assistant', content: response.content.flatMap(answerBlock) } },
    ...encodeFinish(response),
    usage: encodeUsage(response.usage),
    metrics: { latencyMs: 0 },
  }
}

/** One part of an answer as a block; nothing when it says nothing or nothing that this format knows. */
function answerBlock(part: Part): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const { citations } = ownExtensions(part.extensions)
      if (part.text === '') return []
      return [
        citations === undefined
          ? { text: part.text }
          : { citationsContent: { content: [{ text: part.text }], citations } },
      ]
    }
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }]
    case 'tool-call': {
      const { id, name, arguments: written } = part
      return [
        {
          toolUse: { toolUseId: toToolUseId(id, 'other'), name: spelledName(name), input: toToolInput(written) },
        },
      ]
    }
    case 'reasoning': {
      const sealed = encodeSealed(part)
      if (sealed) return [{ reasoningContent: sealed }]
      return part.text === '' ? [] : [{ reasoningContent: { reasoningText: { text: part.text } } }]
    }
    case 'opaque':
      return part.dialect === 'bedrock-converse' && isObject(part.block) ? [part.block] : []
    default:
      return []
  }
}

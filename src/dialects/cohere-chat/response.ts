import type { Part } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { citationsOf, withCitations } from './citations.ts'
import { answerParts, encodeToolCall, toolCallPart } from './content.ts'
import { failureOf } from './error.ts'
import { decodeFinish, encodeFinish } from './finish-reason.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/**
 * A whole answer. Cohere does not name the model in it. Throws GatewayError `upstream_failed` for one that was given up, and
 * `upstream_invalid_response` for what is no answer.
 */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  if (!isObject(body)) throw notAnAnswer('it is not an object')
  const failure = failureOf(body)
  if (failure) {
    const { message, code, status } = failure
    throw new GatewayError('upstream_failed', `The provider reported an error: ${message}`, {
      upstream: { ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) },
    })
  }
  if (!isObject(body.message)) throw notAnAnswer('it has no message')
  const content = partsOf(body.message)
  const word = typeof body.finish_reason === 'string' && body.finish_reason !== '' ? body.finish_reason : undefined
  return {
    ...(typeof body.id === 'string' && body.id !== '' ? { id: body.id } : {}),
    ...(typeof body.model === 'string' && body.model !== '' ? { model: body.model } : {}),
    content,
    ...decodeFinish(
      word,
      content.some((part) => part.type === 'tool-call'),
    ),
    ...(isObject(body.usage) ? { usage: decodeUsage(body.usage) } : {}),
  }
}

/** The plan for the tools is the first thought. */
function partsOf(message: JsonObject): Part[] {
  const { tool_plan: plan, tool_calls: calls } = message
  const said = withCitations(answerParts(message), message.citations)
  return [
    ...(typeof plan === 'string' && plan !== '' ? [{ type: 'reasoning', text: plan } as const] : []),
    ...said.filter((part) => !('text' in part) || part.text !== ''),
    ...(Array.isArray(calls) ? calls.filter(isObject).flatMap((call) => toolCallPart(call) ?? []) : []),
  ]
}

function notAnAnswer(problem: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The provider's reply is no chat answer: ${problem}.`)
}

/** A whole answer in Cohere's words. */
export function encodeResponse(response: CanonicalResponse): JsonObject {
  const { id, model, content, usage } = response
  const calls = content.filter((part) => part.type === 'tool-call').map(encodeToolCall)
  const said = content.flatMap((part): JsonObject[] => {
    if (part.type === 'reasoning' && part.text !== '') return [{ type: 'thinking', thinking: part.text }]
    return part.type === 'text' || part.type === 'refusal' ? [{ type: 'text', text: part.text }] : []
  })
  const citations = citationsOf(content)
  return {
    id: id ?? newId('chat'),
    ...(model === undefined ? {} : { model }),
    finish_reason: encodeFinish(response),
    message: {
      role: 'assistant',
      ...(said.length > 0 || calls.length === 0 ? { content: said } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(citations.length > 0 ? { citations } : {}),
    },
    ...(usage ? { usage: encodeUsage(usage) } : {}),
  }
}

import type { Part } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { aboutCandidate, decodeAnswerPart, encodeAnswerPart, saidOfCandidate } from './answer-parts.ts'
import { errorIn } from './error.ts'
import { DIALECT } from './extensions.ts'
import { decodeBlock, decodeFinish, encodeFinish, finishWordOf } from './finish-reason.ts'
import { decodeUsage, encodeUsage, searchesOf } from './usage.ts'

/**
 * A whole answer; its first candidate is the answer, others are left to the relay. Throws GatewayError: `upstream_failed` for an error that came
 * with a good status, `upstream_invalid_response` for what is no answer.
 */
export function decodeResponse(body: JsonValue): CanonicalResponse {
  const error = errorIn(body)
  if (error) {
    const upstream = { ...(error.status && { status: error.status }), ...(error.code && { code: error.code }) }
    throw new GatewayError('upstream_failed', `The provider answered with an error: ${error.message}`, { upstream })
  }
  if (!isObject(body)) throw notAnAnswer('it is not an object')
  const candidate = firstCandidate(body)
  const blocked = candidate ? null : decodeBlock(body.promptFeedback)
  if (!candidate && !blocked) throw notAnAnswer('it has no candidates')
  const content = candidate ? contentOf(candidate) : []
  return {
    ...decodeHead(body),
    content,
    ...(blocked ??
      decodeFinish(
        candidate && finishWordOf(candidate),
        content.some((part) => part.type === 'tool-call'),
      )),
    ...(isObject(body.usageMetadata)
      ? { usage: decodeUsage(body.usageMetadata, candidate && searchesOf(candidate)) }
      : {}),
  }
}

/** The id, model and time of an answer or chunk, where they say something. */
export function decodeHead(body: JsonObject): Pick<CanonicalResponse, 'id' | 'model' | 'created'> {
  const created = typeof body.createTime === 'string' ? Math.floor(Date.parse(body.createTime) / 1000) : Number.NaN
  return {
    ...(typeof body.responseId === 'string' && body.responseId !== '' ? { id: body.responseId } : {}),
    ...(typeof body.modelVersion === 'string' && body.modelVersion !== '' ? { model: body.modelVersion } : {}),
    ...(created > 0 ? { created } : {}),
  }
}

/** The candidate that is the answer: the one with index 0, or without an index. */
export function firstCandidate(body: JsonObject): JsonObject | undefined {
  const candidates = Array.isArray(body.candidates) ? body.candidates.filter(isObject) : []
  return candidates.find((candidate) => !candidate.index)
}

/** The parts of a candidate as they were written. */
export function partsOf({ content }: JsonObject): readonly JsonValue[] {
  return isObject(content) && Array.isArray(content.parts) ? content.parts : []
}

function contentOf(candidate: JsonObject): Part[] {
  const parts = partsOf(candidate).map(answerPart).filter(saysSomething)
  const about = aboutCandidate(candidate)
  const last = about ? parts.findLastIndex((part) => part.type === 'text') : -1
  return parts.map((part, at) => (at === last && about ? withAbout(part, about) : part))
}

function withAbout(part: Part, candidate: JsonObject): Part {
  if (part.type !== 'text') return part
  return { ...part, extensions: { [DIALECT]: { ...part.extensions?.[DIALECT], candidate } } }
}

function answerPart(value: JsonValue, at: number): Part {
  try {
    return decodeAnswerPart(value, `parts[${at}]`)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    throw new GatewayError('upstream_invalid_response', `The provider's answer is malformed: ${what}`, { cause: error })
  }
}

function saysSomething(part: Part): boolean {
  if (part.type === 'text') return part.text !== ''
  return part.type !== 'reasoning' || part.text !== '' || part.signature !== undefined
}

function notAnAnswer(problem: string): GatewayError {
  return new GatewayError('upstream_invalid_response', `The provider's reply is no generated content: ${problem}.`)
}

/** A whole answer in Google's words. */
export function encodeResponse(response: CanonicalResponse): JsonObject {
  const refused = response.content.some((part) => part.type === 'refusal')
  const parts = response.content.map(encodeAnswerPart).filter((part) => part !== null)
  return {
    candidates: [
      {
        ...saidOfCandidate(response.content),
        content: { parts, role: 'model' },
        finishReason: encodeFinish(response, refused),
        index: 0,
      },
    ],
    ...(response.usage ? { usageMetadata: encodeUsage(response.usage) } : {}),
    modelVersion: response.model ?? '',
    responseId: response.id ?? newId('gen'),
  }
}

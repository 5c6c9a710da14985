import { textOf } from '../../canonical/content.ts'
import type { ResponseFormat } from '../../canonical/request.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { parseJson } from '../../lib/json.ts'
import { schemaCheck } from './schema-check.ts'

/** Finds what is wrong with a whole answer: GatewayError `output_invalid`, or null. */
export type JsonAnswerCheck = (response: CanonicalResponse) => GatewayError | null

/**
 * A check that an answer is the JSON which was asked for, and fits its schema where there is one. An answer that calls tools or that was refused or
 * filtered is no answer of that kind, and passes.
 */
export function jsonAnswerCheck(format: ResponseFormat): JsonAnswerCheck {
  const fits = format.type === 'json-schema' ? schemaCheck(format.schema) : null
  return ({ content, finishReason }) => {
    const isOther = content.some(({ type }) => type === 'tool-call' || type === 'refusal')
    if (isOther || finishReason === 'content-filter') return null
    const value = parseJson(textOf(content))
    if (value === undefined) {
      const why = finishReason === 'length' ? 'it was cut at the cap on output tokens' : 'it does not parse'
      return invalid(`The answer is not JSON: ${why}.`)
    }
    const fault = fits?.(value) ?? null
    return fault === null ? null : invalid(`The answer does not fit the schema: ${fault}.`)
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('output_invalid', message)
}

import type { SourceDocument } from '../canonical/source-document.ts'
import { GatewayError } from '../errors/gateway-error.ts'

const MOST_DOCUMENTS = 10_000
/** What stands in brackets as one name. */
const ID = /^[^\s[\],;](?:[^[\],;\r\n]{0,254}[^\s[\],;])?$/

/** The sources that a call names, `[{ id, text, title? }]`. Throws GatewayError `invalid_request` with the field's path. */
export function sourceDocuments(written: unknown): readonly SourceDocument[] {
  if (!Array.isArray(written) || written.length > MOST_DOCUMENTS) {
    throw invalid('documents', `documents must be a list of at most ${MOST_DOCUMENTS}: [{ id, text, title }].`)
  }
  return written.map((one: unknown, index) => {
    const path = `documents[${index}]`
    const { id, text, title } = (one ?? {}) as Record<string, unknown>
    if (typeof id !== 'string' || !ID.test(id)) {
      throw invalid(`${path}.id`, `${path}.id must be text of 1 to 256 characters on one line, without [ ] , and ;.`)
    }
    if (typeof text !== 'string') throw invalid(`${path}.text`, `${path}.text must be text.`)
    if (title !== undefined && typeof title !== 'string') throw invalid(`${path}.title`, `${path}.title must be text.`)
    return { id, text, ...(title === undefined ? {} : { title }) }
  })
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}

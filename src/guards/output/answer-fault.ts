import { textOf } from '../../canonical/content.ts'
import type { ResponseFormat } from '../../canonical/request.ts'
import { type CanonicalResponse, CUT_SHORT } from '../../canonical/response.ts'
import type { SourceDocument } from '../../canonical/source-document.ts'
import { type CitationFault, citationFault } from './citations.ts'
import { jsonAnswerCheck } from './json-answer.ts'

/** What is wrong with an answer as such. */
export type AnswerFault = 'json_invalid' | CitationFault | 'cut' | 'empty'

/** Finds what is wrong with a whole answer to a call that wants words: null when nothing is. `sources` are those that it must cite; null when it need not. */
export function answerFault(
  format: ResponseFormat | undefined,
  response: Pick<CanonicalResponse, 'content' | 'finishReason'>,
  sources: readonly SourceDocument[] | null = null,
): AnswerFault | null {
  const { content, finishReason } = response
  if (format && format.type !== 'text' && jsonAnswerCheck(format)(response) !== null) return 'json_invalid'
  if (CUT_SHORT.includes(finishReason)) return 'cut'
  const says = textOf(content).trim() !== '' || content.some(({ type }) => type === 'tool-call' || type === 'refusal')
  if (!says && finishReason !== 'content-filter') return 'empty'
  return sources && citationFault(response, sources)
}

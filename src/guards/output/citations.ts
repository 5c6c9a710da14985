/*
 * Whether an answer cites its sources: the marks `[id]` in its text, and the citations that providers put beside it. Only marks are held against the sources of the call; what a
 * provider says its answer rests on, it has found itself.
 */
import type { Part } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { SourceDocument } from '../../canonical/source-document.ts'

/** An answer that cites nothing, or that cites what was not there. */
export type CitationFault = 'citations_missing' | 'citations_unknown'

/** What stands in brackets is code there. */
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g
/** `[a]`, `[a, b]`; not the index of a list (`list[0]`). */
const MARK = /(?<![\w\])])\[([^[\]\n]{1,1000})\](\(?)/g
/** Longer numbers in brackets are years and amounts. */
const MOST_DIGITS = 3

/** Finds what is wrong with the citations of an answer; nothing where it calls tools, refuses or was withheld. Without sources any mark is one. */
export function citationFault(
  { content, finishReason }: Pick<CanonicalResponse, 'content' | 'finishReason'>,
  documents: readonly SourceDocument[] = [],
): CitationFault | null {
  if (content.some(({ type }) => type === 'tool-call' || type === 'refusal')) return null
  if (finishReason === 'content-filter' || finishReason === 'tool-calls') return null
  const ids = new Set(documents.map(({ id }) => id))
  const shapes = new Set([...ids].filter(hasDigit).map(shapeOf))
  let cites = content.some(citesItself)
  for (const name of content.flatMap(namesIn)) {
    if (ids.has(name)) cites = true
    else if (ids.size === 0) cites ||= isName(name)
    else if (shapes.has(shapeOf(name)) && isName(name)) return 'citations_unknown'
  }
  return cites ? null : 'citations_missing'
}

/** The names in the brackets of a text, which may be a list in JSON. A link (`[words](address)`) is no mark, unless its words are the name of a source. */
function namesIn(part: Part): readonly string[] {
  if (part.type !== 'text') return []
  return [...part.text.replace(CODE, '').matchAll(MARK)].flatMap(([, inner = '']) =>
    inner.split(/[,;]/).map((name) => name.trim().replace(/^"(.*)"$/, '$1')),
  )
}

/** Citations in the provider's own way: a list beside the text. */
function citesItself(part: Part): boolean {
  if (part.type !== 'text' || !part.extensions) return false
  return Object.values(part.extensions).some((own) =>
    [own?.citations, own?.annotations].some((list) => Array.isArray(list) && list.length > 0),
  )
}

/** What could name a source: `doc-12`, and numbers as long as those of notes. A box to tick (`[ ]`, `[x]`) is none. */
function isName(name: string): boolean {
  if (/^\d+$/.test(name)) return name.length <= MOST_DIGITS
  return name !== '' && name !== 'x' && name !== 'X'
}

function hasDigit(id: string): boolean {
  return /\d/.test(id)
}

/** Names of one kind look alike but for their numbers: `doc-7` and `doc-12`. */
function shapeOf(name: string): string {
  return name.replace(/\d+/g, '0')
}

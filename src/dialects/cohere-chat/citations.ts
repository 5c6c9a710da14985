/*
 * Citations: which words of a text rest on which document or tool result. They are the fields `citations` of a text's extensions, each as
 * Cohere wrote it, and belong to the text that `content_index` names, else to the first.
 */
import type { Part } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { asExtensions, ownExtensions } from './extensions.ts'

/** The parts of a content list with the citations of their texts. */
export function withCitations(parts: readonly Part[], citations: JsonValue | undefined): Part[] {
  const list = Array.isArray(citations) ? citations.filter(isObject) : []
  if (list.length === 0) return [...parts]
  const first = parts.findIndex((part) => part.type === 'text')
  const placeOf = ({ content_index: index }: JsonObject) =>
    typeof index === 'number' && parts[index]?.type === 'text' ? index : first
  return parts.map((part, at) => {
    const own = list.filter((citation) => placeOf(citation) === at)
    return part.type === 'text' && own.length > 0 ? { ...part, ...asExtensions({ citations: own }) } : part
  })
}

/** All citations of a message's texts, in order. */
export function citationsOf(parts: readonly Part[]): JsonObject[] {
  return parts.flatMap((part) => {
    const own = part.type === 'text' ? ownExtensions(part.extensions).citations : undefined
    return Array.isArray(own) ? own.filter(isObject) : []
  })
}

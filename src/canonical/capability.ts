import type { Part } from './content.ts'
import type { CanonicalRequest } from './request.ts'

/**
 * What a call may need of a model beyond reading and writing text:
 * `tools` functions to call · `images` `audio` `files` to read · `json_schema` an answer held to a schema ·
 * `reasoning` thinking on request · `prefill` going on with an answer that was begun.
 */
export const CAPABILITIES = ['tools', 'images', 'audio', 'files', 'json_schema', 'reasoning', 'prefill'] as const

/** One of them. */
export type Capability = (typeof CAPABILITIES)[number]

const NOTHING: readonly Capability[] = []

/** What a call needs, in the order of the list. */
export function needsOf({ messages, tools, responseFormat, reasoning }: CanonicalRequest): readonly Capability[] {
  const needs = new Set<Capability>()
  if (tools?.some(({ type }) => type === 'function')) needs.add('tools')
  for (const { content } of messages) for (const part of content) addMedia(part, needs)
  if (responseFormat?.type === 'json-schema') needs.add('json_schema')
  if (reasoning && reasoning.effort !== 'none' && reasoning.budgetTokens !== 0) needs.add('reasoning')
  const last = messages.at(-1)
  if (last?.role === 'assistant' && last.content.some(({ type }) => type === 'text')) needs.add('prefill')
  return needs.size === 0 ? NOTHING : CAPABILITIES.filter((capability) => needs.has(capability))
}

function addMedia(part: Part, needs: Set<Capability>): void {
  switch (part.type) {
    case 'image':
      needs.add('images')
      return
    case 'audio':
      needs.add('audio')
      return
    case 'file':
      needs.add('files')
      return
    case 'tool-result':
      for (const inner of part.content) addMedia(inner, needs)
      return
    default:
  }
}

import type { MediaSource, Part } from './content.ts'
import type { CanonicalRequest, Message } from './request.ts'

/**
 * What a call may need of a model:
 * `chat` an answer in words, not vectors · `tools` functions to call · `images` `audio` `files` to read (plain text is no file: every format can
 * say it) · `json_schema` an answer held to a schema · `reasoning` thinking on request · `prefill` going on with an answer that was begun.
 */
export const CAPABILITIES = [
  'chat',
  'tools',
  'images',
  'audio',
  'files',
  'json_schema',
  'reasoning',
  'prefill',
] as const

/** One of them. */
export type Capability = (typeof CAPABILITIES)[number]

const NOTHING: readonly Capability[] = []
const WORDS: readonly Capability[] = ['chat']

/** What a call needs, in the order of the list; nothing when it asks for vectors. */
export function needsOf(request: CanonicalRequest): readonly Capability[] {
  if (request.embedding) return NOTHING
  const { messages, tools, responseFormat, reasoning } = request
  const needs: Capability[] = []
  if (tools?.some(({ type }) => type === 'function')) needs.push('tools')
  for (const { content } of messages) for (const part of content) if (part.type !== 'text') addMedia(part, needs)
  if (responseFormat?.type === 'json-schema') needs.push('json_schema')
  if (reasoning && reasoning.effort !== 'none' && reasoning.budgetTokens !== 0) needs.push('reasoning')
  if (isBegun(messages.at(-1))) needs.push('prefill')
  if (needs.length === 0) return WORDS
  return CAPABILITIES.filter((capability) => capability === 'chat' || needs.includes(capability))
}

/** Whether it is an answer to go on with. One that paused for a hosted tool is not: its provider goes on with the tool. */
function isBegun(last: Message | undefined): boolean {
  if (last?.role !== 'assistant') return false
  return last.content.some(({ type }) => type === 'text') && !last.content.some(({ type }) => type === 'opaque')
}

function addMedia(part: Part, needs: Capability[]): void {
  switch (part.type) {
    case 'image':
      needs.push('images')
      return
    case 'audio':
      needs.push('audio')
      return
    case 'file':
      if (!isPlainText(part.source)) needs.push('files')
      return
    case 'tool-result':
      for (const inner of part.content) addMedia(inner, needs)
      return
    default:
  }
}

function isPlainText(source: MediaSource): boolean {
  return source.kind === 'base64' && source.mediaType.startsWith('text/')
}

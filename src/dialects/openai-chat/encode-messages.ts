/*
 * The conversation in this format's messages.
 *
 * Tool messages take text alone, so pictures and files among the results go into a user message, right after the run of tool messages:
 * between them it would tear calls and results apart. Reasoning of earlier turns is left out, unless the host takes it back.
 * A last message of the assistant is the beginning of the answer; where it must be marked as such, it is.
 */
import type { OpaquePart, Part, ReasoningPart, ToolResultPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import { fittingId } from '../fitting-id.ts'
import type { Drop } from '../own-extensions.ts'
import { asContent, encodePart } from './content.ts'
import { ownExtensions, reportForeign } from './extensions.ts'
import { encodeDetail, isCarried, isSealed } from './reasoning.ts'
import { shortIds } from './short-ids.ts'
import { callFor, encodeToolCall, isOwnToolCall, reportForeignCall } from './tool-calls.ts'

/** The most characters that OpenAI takes in the id of a tool call. */
const MOST_ID = 40

/** What the parts of one conversation share. */
interface Writing {
  readonly quirks: Quirks
  readonly drop: Drop
  /** The id of a tool call as the host takes it. */
  readonly idOf: (id: string) => string
}

/** Writes a conversation; what this format or the host cannot say is dropped by its path. */
export function encodeMessages(messages: readonly Message[], quirks: Quirks, drop: Drop): JsonObject[] {
  const writing: Writing = {
    quirks,
    drop,
    idOf: quirks.nineLetterIds ? shortIds(messages) : (id) => fittingId(id, MOST_ID),
  }
  const written: JsonObject[] = []
  /** Pictures and files of the running tool messages. */
  let shown: JsonObject[] = []
  const show = () => {
    if (shown.length > 0) written.push({ role: 'user', content: shown })
    shown = []
  }
  messages.forEach((message, at) => {
    const path = `messages[${at}]`
    for (const [index, part] of message.content.entries()) {
      if (part.type !== 'tool-result') continue
      const result = encodeToolResult(part, `${path}.content[${index}]`, writing)
      written.push(result.message)
      shown.push(...result.shown)
    }
    const others = message.content.some((part) => part.type !== 'tool-result')
    if (!others && message.content.length > 0) return
    show()
    const encoded =
      message.role === 'assistant' ? encodeAssistant(message, path, writing) : encodeSpeaker(message, path, writing)
    if (encoded) written.push(encoded)
  })
  show()
  return quirks.prefixFlag ? continued(written) : written
}

/** The messages with the last one marked as the beginning of the answer, if it is one. */
function continued(written: JsonObject[]): JsonObject[] {
  const last = written.at(-1)
  if (last?.role !== 'assistant' || last.tool_calls !== undefined) return written
  return [...written.slice(0, -1), { ...last, prefix: true }]
}

/** A system, user or tool message without its results. Null when nothing is left of what it held. */
function encodeSpeaker(message: Message, path: string, writing: Writing): JsonObject | null {
  const parts: JsonObject[] = []
  message.content.forEach((part, at) => {
    if (part.type === 'tool-result') return
    const block = encodePart(part, `${path}.content[${at}]`, writing.quirks, writing.drop)
    if (block) parts.push(block)
  })
  if (parts.length === 0 && message.content.length > 0) return null
  return {
    role: message.role === 'system' ? 'system' : 'user',
    ...nameOf(message, path, writing),
    content: asContent(parts),
  }
}

function encodeToolResult(
  part: ToolResultPart,
  path: string,
  { quirks, drop, idOf }: Writing,
): { readonly message: JsonObject; readonly shown: JsonObject[] } {
  reportForeign(part.extensions, `${path}.`, drop)
  const texts: JsonObject[] = []
  const media: JsonObject[] = []
  part.content.forEach((piece, at) => {
    const block = encodePart(piece, `${path}.content[${at}]`, quirks, drop)
    if (block) (block.type === 'text' ? texts : media).push(block)
  })
  if (part.isError) texts.unshift({ type: 'text', text: 'The tool failed: ' })
  if (texts.length === 0 && media.length > 0)
    texts.push({ type: 'text', text: 'The result follows in the next message.' })
  const bare = texts.every((block) => Object.keys(block).length === 2)
  const content = part.isError && bare ? texts.map((block) => block.text).join('') : asContent(texts)
  const toolCallId = idOf(part.toolCallId)
  const caption = { type: 'text', text: `Result of the tool call ${toolCallId}:` }
  return {
    message: { role: 'tool', tool_call_id: toolCallId, content },
    shown: media.length === 0 ? [] : [caption, ...media],
  }
}

/** What an assistant message is made of, sorted by the field that holds it. */
interface AssistantPieces {
  text: string | null
  refusal: string | null
  readonly calls: JsonObject[]
  readonly reasoning: ReasoningPart[]
  readonly others: JsonObject[]
}

function encodeAssistant(message: Message, path: string, writing: Writing): JsonObject | null {
  const { quirks, drop } = writing
  const pieces: AssistantPieces = { text: null, refusal: null, calls: [], reasoning: [], others: [] }
  message.content.forEach((part, at) => {
    if (!placed(part, pieces, writing)) drop(`${path}.content[${at}]`)
    if (part.type === 'tool-call') reportForeignCall(callFor(quirks, part).extensions, `${path}.content[${at}].`, drop)
    else if ('extensions' in part) reportForeign(part.extensions, `${path}.content[${at}].`, drop)
    // The texts of a turn are one here, with no place beside it.
    if (part.type === 'text')
      for (const field in ownExtensions(part.extensions)) drop(`${path}.content[${at}].${field}`)
  })
  const { text, refusal, calls, reasoning, others } = pieces
  const silent = text === null && refusal === null && calls.length === 0 && others.length === 0
  if (silent && message.content.length > 0) return null
  return {
    role: 'assistant',
    ...nameOf(message, path, writing),
    content: quirks.reasoningField === 'thinking' ? thinkingContent(reasoning, text) : (text ?? (silent ? '' : null)),
    ...(refusal === null ? {} : { refusal }),
    ...reasoningFields(reasoning, quirks),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...Object.assign({}, ...others),
  }
}

/** Puts a part where it belongs; false when there is no such place. */
function placed(part: Part, pieces: AssistantPieces, { quirks, idOf }: Writing): boolean {
  switch (part.type) {
    case 'text':
      pieces.text = (pieces.text ?? '') + part.text
      return true
    case 'refusal':
      pieces.refusal = (pieces.refusal ?? '') + part.text
      return true
    case 'tool-call':
      pieces.calls.push(encodeToolCall({ ...callFor(quirks, part), id: idOf(part.id) }))
      return true
    case 'reasoning':
      if (!takesBack(part, quirks)) return false
      pieces.reasoning.push(isCarried(part.origin) ? unsealed(part) : part)
      return true
    case 'opaque':
      return placedOpaque(part, pieces, idOf)
    case 'tool-result':
      return true
    default:
      return false
  }
}

/** Calls of custom tools go with the other calls; a spoken answer is referred to in a field of its own. */
function placedOpaque(part: OpaquePart, pieces: AssistantPieces, idOf: Writing['idOf']): boolean {
  if (part.dialect !== 'openai-chat' || !isObject(part.block)) return false
  const { block } = part
  if (isOwnToolCall(part)) pieces.calls.push(typeof block.id === 'string' ? { ...block, id: idOf(block.id) } : block)
  else if (isObject(part.block.audio)) pieces.others.push({ audio: spoken(part.block.audio) })
  else return false
  return true
}

/** A spoken answer is sent back by its id alone. */
function spoken(audio: JsonObject): JsonObject {
  return typeof audio.id === 'string' ? { id: audio.id } : audio
}

/** Whether the host wants this reasoning back: text wherever it has a field for it, seals only in `reasoning_details`. */
function takesBack(part: ReasoningPart, quirks: Quirks): boolean {
  if (quirks.reasoningField === undefined) return false
  if (part.text !== '') return true
  return quirks.reasoningField === 'reasoning_details' && isSealed(part) && !isCarried(part.origin)
}

/** No host of this format has a place for seals that callers carry. */
function unsealed({ text }: ReasoningPart): ReasoningPart {
  return { type: 'reasoning', text }
}

function reasoningFields(parts: readonly ReasoningPart[], quirks: Quirks): JsonObject {
  const text = parts.map((part) => part.text).join('')
  if (parts.length === 0 || quirks.reasoningField === undefined || quirks.reasoningField === 'thinking') return {}
  if (quirks.reasoningField !== 'reasoning_details') return { [quirks.reasoningField]: text }
  return parts.some(isSealed) ? { reasoning_details: parts.map(encodeDetail) } : { reasoning: text }
}

/** Reasoning and text as the parts of one content (Mistral); a text alone stays one. */
function thinkingContent(parts: readonly ReasoningPart[], text: string | null): string | JsonObject[] {
  if (parts.length === 0) return text ?? ''
  const thinking = parts.map((part) => ({ type: 'thinking', thinking: [{ type: 'text', text: part.text }] }))
  return text === null ? thinking : [...thinking, { type: 'text', text }]
}

function nameOf(message: Message, path: string, { quirks, drop }: Writing): JsonObject {
  if (message.name === undefined) return {}
  if (quirks.messageNames ?? true) return { name: message.name }
  drop(`${path}.name`)
  return {}
}

/*
 * The conversation in Cohere's messages.
 *
 * Tool results take text and documents alone, so pictures among them go into a user message right after the run of results. The plan that a model
 * made before it called tools is not sent back: newer models refuse it. Thoughts of earlier turns are, to models that think.
 */
import type { Part, ToolResultPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { asContent } from '../openai-chat/content.ts'
import type { Drop } from '../own-extensions.ts'
import { citationsOf } from './citations.ts'
import { encodePart, encodeToolCall } from './content.ts'
import { reportForeign } from './extensions.ts'

/** Writes a conversation; what Cohere cannot say is dropped by its path. `thinks` tells whether the model takes thoughts back. */
export function encodeMessages(messages: readonly Message[], thinks: boolean, drop: Drop): JsonObject[] {
  const written: JsonObject[] = []
  /** Pictures of the running tool results. */
  let shown: JsonObject[] = []
  const show = () => {
    if (shown.length > 0) written.push({ role: 'user', content: shown })
    shown = []
  }
  messages.forEach((message, at) => {
    const path = `messages[${at}]`
    if (message.name !== undefined) drop(`${path}.name`)
    for (const [index, part] of message.content.entries()) {
      if (part.type !== 'tool-result') continue
      const result = encodeToolResult(part, `${path}.content[${index}]`, drop)
      written.push(result.message)
      shown.push(...result.shown)
    }
    const others = message.content.some((part) => part.type !== 'tool-result')
    if (!others && message.content.length > 0) return
    show()
    const encoded =
      message.role === 'assistant' ? encodeAssistant(message, path, thinks, drop) : encodeSpeaker(message, path, drop)
    if (encoded) written.push(encoded)
  })
  show()
  return written
}

/** A system or user message without its results. Null when it says nothing. */
function encodeSpeaker({ role, content }: Message, path: string, drop: Drop): JsonObject | null {
  const parts = content.flatMap((part, at) =>
    part.type === 'tool-result' ? [] : blocks(part, role === 'system', `${path}.content[${at}]`, drop),
  )
  const said = asContent(parts)
  // Cohere refuses a message without a word; nothing is lost with it.
  if (said === '') return null
  return { role: role === 'system' ? 'system' : 'user', content: said }
}

/** A part as a list of one, or of none when it is dropped. */
function blocks(part: Part, textAlone: boolean, path: string, drop: Drop): JsonObject[] {
  if ('extensions' in part) reportForeign(part.extensions, `${path}.`, drop)
  const block = encodePart(part)
  if (block && !(textAlone && block.type !== 'text')) return [block]
  drop(path)
  return []
}

function encodeToolResult(
  part: ToolResultPart,
  path: string,
  drop: Drop,
): { readonly message: JsonObject; readonly shown: JsonObject[] } {
  reportForeign(part.extensions, `${path}.`, drop)
  const pieces = part.content.flatMap((piece, at) => blocks(piece, false, `${path}.content[${at}]`, drop))
  const media = pieces.filter(({ type }) => type === 'image_url')
  const said = pieces.filter(({ type }) => type !== 'image_url')
  if (part.isError) {
    const [first] = said
    const reason = first?.type === 'text' && typeof first.text === 'string' ? said.shift() : undefined
    said.unshift({ type: 'text', text: `The tool failed: ${reason?.text ?? ''}` })
  }
  if (said.length === 0 && media.length > 0)
    said.push({ type: 'text', text: 'The result follows in the next message.' })
  const caption = { type: 'text', text: `Result of the tool call ${part.toolCallId}:` }
  return {
    message: { role: 'tool', tool_call_id: part.toolCallId, content: asContent(said) },
    shown: media.length === 0 ? [] : [caption, ...media],
  }
}

function encodeAssistant({ content }: Message, path: string, thinks: boolean, drop: Drop): JsonObject | null {
  const said: JsonObject[] = []
  const calls: JsonObject[] = []
  content.forEach((part, at) => {
    const here = `${path}.content[${at}]`
    if ('extensions' in part) reportForeign(part.extensions, `${here}.`, drop)
    if (part.type === 'tool-call') calls.push(encodeToolCall(part))
    else if (part.type === 'text' || part.type === 'refusal') said.push({ type: 'text', text: part.text })
    else if (part.type === 'reasoning' && thinks && part.text !== '')
      said.push({ type: 'thinking', thinking: part.text })
    else if (part.type !== 'tool-result') drop(here)
  })
  if (asContent(said) === '' && calls.length === 0) return null
  const citations = citationsOf(content)
  return {
    role: 'assistant',
    ...(said.length === 0 && calls.length > 0 ? {} : { content: asContent(said) }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(citations.length === 0 ? {} : { citations }),
  }
}

/*
 * The canonical conversation as Bedrock's `system` and turns.
 *
 * Bedrock's rules are Claude's, made for all models: the system prompt stands apart; turns alternate between user and assistant and begin with the
 * user; results of tool calls open the user turn right after the calls; no text is blank. A turn with a document needs a text beside it.
 * Instructions in the middle of a conversation stay where they are, as a marked block of a user turn.
 */
import { textOf } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { OPENING_TURN } from '../anthropic-messages/encode-messages.ts'
import { type ContentAsk, encodePart } from './encode-content.ts'
import { reportForeign } from './extensions.ts'

/** What stands beside documents that came without a word. */
const DOCUMENTS_ALONE = '(See the documents.)'

/** A conversation in Bedrock's words. */
export interface WireConversation {
  readonly system?: JsonObject[]
  readonly messages: JsonObject[]
}

interface Turn {
  readonly role: 'user' | 'assistant'
  /** Tool results: they come first, wherever they were said. */
  readonly results: JsonObject[]
  readonly blocks: JsonObject[]
}

/** Writes a conversation; what Bedrock cannot say is dropped by its path. */
export function encodeConversation(messages: readonly Message[], ask: ContentAsk): WireConversation {
  const firstTurn = messages.findIndex((message) => message.role !== 'system')
  const leading = firstTurn === -1 ? messages.length : firstTurn
  const system = messages.slice(0, leading).flatMap((message, at) => systemBlocks(message, `messages[${at}]`, ask))

  const turns: Turn[] = []
  for (const [at, message] of messages.entries()) {
    if (at >= leading) addMessage(turns, message, `messages[${at}]`, ask)
  }
  trimLastAssistant(turns)
  if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', results: [], blocks: [{ text: OPENING_TURN }] })
  for (const { blocks } of turns) {
    const bare = blocks.some((block) => block.document) && !blocks.some((block) => block.text || block.guardContent)
    if (bare) blocks.push({ text: DOCUMENTS_ALONE })
  }
  return {
    ...(system.length === 0 ? {} : { system }),
    messages: turns.map(({ role, results, blocks }) => ({ role, content: [...results, ...blocks] })),
  }
}

/** The system prompt takes text alone. */
function systemBlocks(message: Message, path: string, ask: ContentAsk): JsonObject[] {
  if (message.name !== undefined) ask.drop(`${path}.name`)
  return message.content.flatMap((part, at) => {
    const place = `${path}.content[${at}]`
    if (part.type === 'text') return encodePart(part, 'user', place, ask)
    ask.drop(place)
    return []
  })
}

function addMessage(turns: Turn[], message: Message, path: string, ask: ContentAsk): void {
  if (message.role === 'system') {
    addInstruction(turns, message, path, ask)
    return
  }
  if (message.name !== undefined) ask.drop(`${path}.name`)
  const role = message.role === 'assistant' ? 'assistant' : 'user'
  message.content.forEach((part, at) => {
    const blocks = encodePart(part, role, `${path}.content[${at}]`, ask)
    if (blocks.length === 0) return
    const turn = turnOf(turns, role)
    ;(role === 'user' && part.type === 'tool-result' ? turn.results : turn.blocks).push(...blocks)
  })
}

/** An instruction in the middle: a note in the user's turn. */
function addInstruction(turns: Turn[], message: Message, path: string, ask: ContentAsk): void {
  message.content.forEach((part, at) => {
    if (part.type !== 'text') ask.drop(`${path}.content[${at}]`)
    else reportForeign(part.extensions, `${path}.content[${at}].`, ask.drop)
  })
  const text = textOf(message.content)
  if (text.trim() === '') return
  const marked = message.content.findLast(
    (part) => part.type === 'text' && (part.cacheTtl ?? part.cacheKey) !== undefined,
  )
  const mark = marked?.type === 'text' ? ask.mark(marked) : []
  turnOf(turns, 'user').blocks.push({ text: `<system-note>\n${text}\n</system-note>` }, ...mark)
}

/** The last turn when it is of this role, else a new one: neighbours of one role become one turn. */
function turnOf(turns: Turn[], role: Turn['role']): Turn {
  const last = turns.at(-1)
  if (last?.role === role) return last
  const turn: Turn = { role, results: [], blocks: [] }
  turns.push(turn)
  return turn
}

/** The model goes on from the last assistant turn; Claude refuses one that ends in white space. */
function trimLastAssistant(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.role === 'assistant' ? last.blocks.at(-1) : undefined
  if (isObject(block) && typeof block.text === 'string') block.text = block.text.trimEnd()
}

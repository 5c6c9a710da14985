/*
 * The canonical conversation as Anthropic's `system` and turns.
 *
 * Anthropic's rules: the system prompt stands apart; turns alternate between user and assistant and begin with the user; the results of
 * tool calls open the user turn right after the calls; no block is empty; the last assistant turn does not end in white space.
 *
 * Instructions in the middle of a conversation stay where they are, as a marked block of a user turn: hoisting them would change
 * their meaning and void the provider's prompt cache from there on, and only the newest models accept the role `system` inside
 * `messages`.
 */
import { type Part, textOf } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Drop } from '../own-extensions.ts'
import { encodeMark } from './cache-marks.ts'
import { asContent, encodePart } from './encode-content.ts'

/** What stands in for the user's side where a conversation has none before the assistant speaks. */
export const OPENING_TURN = '(The conversation begins.)'

/** A conversation in Anthropic's words. */
export interface WireConversation {
  readonly system?: string | JsonObject[]
  readonly messages: JsonObject[]
}

interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  /** Tool results: they come first, wherever they were said. */
  readonly results: JsonObject[]
  readonly blocks: JsonObject[]
}

/** Writes a conversation; what Anthropic cannot say is dropped by its path. */
export function encodeConversation(messages: readonly Message[], drop: Drop): WireConversation {
  const firstTurn = messages.findIndex((message) => message.role !== 'system')
  const leading = firstTurn === -1 ? messages.length : firstTurn
  const system = messages.slice(0, leading).flatMap((message, at) => systemBlocks(message, `messages[${at}]`, drop))

  const turns: Turn[] = []
  for (const [at, message] of messages.entries()) {
    if (at >= leading) addMessage(turns, message, `messages[${at}]`, drop)
  }
  trimLastAssistant(turns)
  if (turns[0]?.role !== 'user')
    turns.unshift({ role: 'user', results: [], blocks: [{ type: 'text', text: OPENING_TURN }] })

  return {
    ...(system.length === 0 ? {} : { system: asContent(system) }),
    messages: turns.map(({ role, results, blocks }) => ({ role, content: asContent([...results, ...blocks]) })),
  }
}

/** The system prompt takes text alone. */
function systemBlocks(message: Message, path: string, drop: Drop): JsonObject[] {
  if (message.name !== undefined) drop(`${path}.name`)
  return encodeParts(message.content, path, (part, at) => {
    if (part.type === 'text') return encodePart(part, at, drop)
    drop(at)
    return null
  })
}

function addMessage(turns: Turn[], message: Message, path: string, drop: Drop): void {
  if (message.role === 'system') {
    addInstruction(turns, message, path, drop)
    return
  }
  if (message.name !== undefined) drop(`${path}.name`)
  const role = message.role === 'assistant' ? 'assistant' : 'user'
  for (const block of encodeParts(message.content, path, (part, at) => encodePart(part, at, drop))) {
    const turn = turnOf(turns, role)
    ;(block.type === 'tool_result' ? turn.results : turn.blocks).push(block)
  }
}

/** An instruction in the middle: a note in the user's turn, or the caller's own `system` turn when it holds what only that may hold. */
function addInstruction(turns: Turn[], message: Message, path: string, drop: Drop): void {
  const native = message.content.some((part) => part.type === 'opaque' && part.dialect === 'anthropic-messages')
  const blocks = encodeParts(message.content, path, (part, at) => {
    if (native) return encodePart(part, at, drop)
    if (part.type === 'text') return null
    drop(at)
    return null
  })
  if (native) {
    turns.push({ role: 'system', results: [], blocks })
    return
  }
  const text = textOf(message.content)
  if (text.trim() === '') return
  const marked = message.content.findLast(
    (part) => part.type === 'text' && (part.cacheTtl ?? part.cacheKey) !== undefined,
  )
  const mark = marked?.type === 'text' ? encodeMark(marked) : {}
  turnOf(turns, 'user').blocks.push({ type: 'text', text: `<system-note>\n${text}\n</system-note>`, ...mark })
}

function encodeParts(
  parts: readonly Part[],
  path: string,
  encode: (part: Part, path: string) => JsonObject | null,
): JsonObject[] {
  const blocks: JsonObject[] = []
  parts.forEach((part, at) => {
    const block = encode(part, `${path}.content[${at}]`)
    if (block) blocks.push(block)
  })
  return blocks
}

/** The last turn when it is of this role, else a new one: neighbours of one role become one turn. */
function turnOf(turns: Turn[], role: Turn['role']): Turn {
  const last = turns.at(-1)
  if (last?.role === role) return last
  const turn: Turn = { role, results: [], blocks: [] }
  turns.push(turn)
  return turn
}

/** The model goes on from the last assistant turn; Anthropic refuses one that ends in white space. */
function trimLastAssistant(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.role === 'assistant' ? last.blocks.at(-1) : undefined
  if (block?.type === 'text' && typeof block.text === 'string') block.text = block.text.trimEnd()
}

/*
 * Ids of tool calls for hosts that want exactly nine letters and digits (Mistral).
 *
 * An id that is so already stays, so what the host itself wrote comes back to it. Any other becomes nine characters of its digest: the same id gives
 * the same nine in every turn and on every instance, and a call and its result stay a pair. The way back needs no memory, since a host only ever
 * answers with new ids of its own; within one request no two ids become one.
 */
import { createHash } from 'node:crypto'
import type { Message } from '../../canonical/request.ts'

const SHORT = /^[a-zA-Z0-9]{9}$/
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 9

/** Whether such a host takes the id as it is. */
export function isShortId(id: string): boolean {
  return SHORT.test(id)
}

/** The short id of every id in a conversation. */
export function shortIds(messages: readonly Message[]): (id: string) => string {
  const ids = new Set(messages.flatMap(({ content }) => content.flatMap(idOf)))
  const taken = new Set([...ids].filter(isShortId))
  const short = new Map<string, string>()
  for (const id of ids) {
    if (isShortId(id)) continue
    let nine = digest(id, 0)
    for (let round = 1; taken.has(nine); round += 1) nine = digest(id, round)
    taken.add(nine)
    short.set(id, nine)
  }
  return (id) => short.get(id) ?? id
}

function idOf(part: Message['content'][number]): string[] {
  if (part.type === 'tool-call') return [part.id]
  return part.type === 'tool-result' ? [part.toolCallId] : []
}

function digest(id: string, round: number): string {
  const bytes = createHash('sha256')
    .update(round === 0 ? id : `${id} ${round}`)
    .digest()
  return [...bytes.subarray(0, LENGTH)].map((byte) => LETTERS[byte % LETTERS.length]).join('')
}

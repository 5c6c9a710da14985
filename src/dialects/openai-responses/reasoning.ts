/*
 * Reasoning items.
 *
 * What a person may read of the reasoning is in `summary`, or in `content` where a host shows all of it. What the model must get back is in
 * `encrypted_content`. An item is one reasoning part; its seal is the `encrypted_content` alone where nothing else would be lost, else the
 * whole item as JSON, so that it goes back with its id and in its pieces, as it was.
 */
import type { ReasoningPart } from '../../canonical/content.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { openSeal } from './carried-seal.ts'
import { isOwnId } from './item-ids.ts'

/** What stands between two pieces of a summary. */
export const PIECE_BREAK = '\n\n'

/** What can be read of an item: its content where the host shows it, else its summary. */
export function reasoningText(item: JsonObject): string {
  return textsOf(item.content).join(PIECE_BREAK) || textsOf(item.summary).join(PIECE_BREAK)
}

/** An item as a part, of this format's origin where it is sealed or has its whole text. */
export function decodeReasoning(item: JsonObject): ReasoningPart {
  const text = reasoningText(item)
  const seal = sealOf(item)
  if (seal === null) return { type: 'reasoning', text }
  const kind = text === '' ? { redacted: seal } : { signature: seal }
  return { type: 'reasoning', text, ...kind, origin: 'openai-responses' }
}

/** An item that a caller gives back: its seal may be one of another vendor that we handed out. */
export function decodeCallerReasoning(item: JsonObject): ReasoningPart {
  const carried = typeof item.encrypted_content === 'string' ? openSeal(item.encrypted_content) : null
  return carried ? { type: 'reasoning', text: reasoningText(item), ...carried } : decodeReasoning(item)
}

/** What must come back unchanged; null for a mere summary, or an item that only names what the provider has stored. */
export function sealOf(item: JsonObject): string | null {
  const encrypted = encryptedOf(item)
  if (encrypted !== null && isPlain(item, encrypted)) return encrypted
  if (encrypted === null && textsOf(item.content).length === 0) return null
  const { id, ...rest } = item
  return JSON.stringify(typeof id === 'string' && isOwnId(id) ? rest : item)
}

/** Whether a provider that stores nothing can make use of an item. */
export function isUsable(item: JsonObject): boolean {
  return encryptedOf(item) !== null || textsOf(item.content).length > 0
}

/** A part of this format's origin as the item that it was; null for reasoning of others, and for what no provider can use. */
export function encodeOwnReasoning(part: ReasoningPart): JsonObject | null {
  const seal = part.signature ?? part.redacted
  if (part.origin !== 'openai-responses' || seal === undefined) return null
  const item = seal.startsWith('{') ? parseJson(seal) : undefined
  if (!isObject(item) || item.type !== 'reasoning') {
    return { type: 'reasoning', summary: encodeSummary(part.text), encrypted_content: seal }
  }
  if (reasoningText(item) === part.text) return item
  const { content: _, ...rest } = item
  return { ...rest, summary: encodeSummary(part.text) }
}

/** Reasoning as a host shows it in full, for hosts that want it back that way. */
export function encodeOpenReasoning(text: string): JsonObject {
  return { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text }] }
}

/** A text as a summary of one piece, or of none. */
export function encodeSummary(text: string): JsonObject[] {
  return text === '' ? [] : [{ type: 'summary_text', text }]
}

function encryptedOf({ encrypted_content: encrypted }: JsonObject): string | null {
  return typeof encrypted === 'string' && encrypted !== '' ? encrypted : null
}

const PLAIN_FIELDS: ReadonlySet<string> = new Set(['type', 'id', 'status', 'summary', 'encrypted_content'])

/** Whether an item says nothing beside its seal and one piece of summary. */
function isPlain(item: JsonObject, encrypted: string): boolean {
  if (encrypted.startsWith('{') || (typeof item.id === 'string' && !isOwnId(item.id))) return false
  const extra = Object.keys(item).some((field) => !PLAIN_FIELDS.has(field) && !isNothing(item[field]))
  return !extra && textsOf(item.summary).length < 2
}

function isNothing(value: JsonValue | undefined): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0)
}

function textsOf(pieces: JsonValue | undefined): string[] {
  if (!Array.isArray(pieces)) return []
  return pieces.flatMap((piece) =>
    isObject(piece) && typeof piece.text === 'string' && piece.text ? [piece.text] : [],
  )
}

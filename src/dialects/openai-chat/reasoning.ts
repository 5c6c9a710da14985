/*
 * Reasoning, which OpenAI's own format does not show and every host writes differently: a text in `reasoning_content` or
 * `reasoning`, a `thinking` content part (Mistral), or OpenRouter's `reasoning_details`, the only form that carries
 * what a vendor must get back: signatures and encrypted reasoning.
 *
 * An entry of `reasoning_details` from Anthropic becomes a reasoning part of Anthropic's origin, so that it may also return
 * to Anthropic directly. Entries of other vendors mean something to OpenRouter alone: all of the entry but its
 * text is kept as the seal of a part of our own origin.
 *
 * Replies to callers carry both forms: the text for those who show it, the details for those who send the message back.
 */
import type { ReasoningPart } from '../../canonical/content.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'

const ANTHROPIC_FORMAT = 'anthropic-claude-v1'
/**
 * Formats whose seals callers carry for us, under the format's own name: OpenRouter's `google-gemini-v1` and `openai-responses-v1` are not the
 * same. No host of this format gets them.
 */
const CARRIED: ReadonlySet<unknown> = new Set<DialectName>(['google-generate-content', 'openai-responses'])

/** The text of a `thinking` content part: a string or a list of text parts. */
export function thinkingText(part: JsonObject): string {
  if (typeof part.thinking === 'string') return part.thinking
  if (!Array.isArray(part.thinking)) return ''
  return part.thinking.map((piece) => (isObject(piece) && typeof piece.text === 'string' ? piece.text : '')).join('')
}

/** The plain reasoning text of a message or a delta, wherever the host writes it; empty when there is none. */
export function reasoningText(message: JsonObject): string {
  if (typeof message.reasoning_content === 'string' && message.reasoning_content !== '')
    return message.reasoning_content
  return typeof message.reasoning === 'string' ? message.reasoning : ''
}

/** The entries of `reasoning_details`; none when it is absent or no list. */
export function reasoningDetails(message: JsonObject): JsonObject[] {
  return Array.isArray(message.reasoning_details) ? message.reasoning_details.filter(isObject) : []
}

/** The reasoning of a whole message. Details win over the plain text, which repeats them. */
export function decodeReasoning(message: JsonObject): ReasoningPart[] {
  const text = reasoningText(message)
  if (!Array.isArray(message.reasoning_details)) return text === '' ? [] : [{ type: 'reasoning', text }]
  const parts = joined(reasoningDetails(message)).map(partOfDetail)
  if (text === '' || parts.some((part) => part.text !== '')) return parts
  // Some clients give back the text they showed and the bare signature; the two belong together.
  const [only] = parts
  if (parts.length === 1 && only?.signature !== undefined) return [{ ...only, text }]
  return [{ type: 'reasoning', text }, ...parts]
}

/** Whether two neighbouring entries are pieces of one: streams split an entry, and many clients just string the pieces together. */
export function continuesDetail(entry: JsonObject, next: JsonObject): boolean {
  const open = !entry.signature && !entry.data
  return open && entry.type === next.type && typeof next.index === 'number' && entry.index === next.index
}

/** One entry with a later piece of it added. */
export function joinDetail(entry: JsonObject, next: JsonObject): JsonObject {
  const both = { ...entry, ...Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null)) }
  for (const field of ['text', 'summary'] as const) {
    if (typeof entry[field] === 'string')
      both[field] = entry[field] + (typeof next[field] === 'string' ? next[field] : '')
  }
  return both
}

function joined(entries: readonly JsonObject[]): JsonObject[] {
  const whole: JsonObject[] = []
  for (const entry of entries) {
    const last = whole.at(-1)
    if (last && continuesDetail(last, entry)) whole[whole.length - 1] = joinDetail(last, entry)
    else whole.push(entry)
  }
  return whole
}

/** The visible text of an entry. */
export function detailText(entry: JsonObject): string {
  if (typeof entry.text === 'string') return entry.text
  return typeof entry.summary === 'string' ? entry.summary : ''
}

/** What of an entry must come back unchanged, and to whom; empty when it is plain text. */
export function sealOf(entry: JsonObject): Pick<ReasoningPart, 'signature' | 'redacted' | 'origin'> {
  const signature = textField(entry.signature)
  const data = textField(entry.data)
  if (entry.format === ANTHROPIC_FORMAT) {
    if (data !== undefined) return { redacted: data, origin: 'anthropic-messages' }
    return signature === undefined ? {} : { signature, origin: 'anthropic-messages' }
  }
  if (isCarried(entry.format)) {
    if (data !== undefined) return { redacted: data, origin: entry.format }
    return signature === undefined ? {} : { signature, origin: entry.format }
  }
  const known = typeof entry.format === 'string' && entry.format !== 'unknown'
  if (!known && signature === undefined && data === undefined) return {}
  const { text: _, summary: __, ...seal } = entry
  const sealed = JSON.stringify(seal)
  return data === undefined ? { signature: sealed, origin: 'openai-chat' } : { redacted: sealed, origin: 'openai-chat' }
}

function partOfDetail(entry: JsonObject): ReasoningPart {
  return { type: 'reasoning', text: detailText(entry), ...sealOf(entry) }
}

/**
 * A part as an entry of `reasoning_details`; `index` tells the entries of one message apart. Seals of dialects that
 * `reasoning_details` has no format for are left out.
 */
export function encodeDetail(part: ReasoningPart, index: number): JsonObject {
  const seal = part.signature ?? part.redacted
  const format = formatOf(part.origin)
  if (seal !== undefined && format !== null) {
    return part.redacted === undefined
      ? { type: 'reasoning.text', text: part.text, signature: seal, format, index }
      : { type: 'reasoning.encrypted', data: part.redacted, format, index }
  }
  const own = seal !== undefined && part.origin === 'openai-chat' ? parseJson(seal) : undefined
  if (!isObject(own)) return { type: 'reasoning.text', text: part.text, format: 'unknown', index }
  if (part.text === '') return own
  return { ...own, [own.type === 'reasoning.summary' ? 'summary' : 'text']: part.text }
}

/** A piece of the text of an entry, as streams tell it before the signature comes; null for origins whose entries are told whole. */
export function encodeDetailPiece(text: string, index: number, origin: DialectName | undefined): JsonObject | null {
  const format = formatOf(origin)
  return format === null ? null : { type: 'reasoning.text', text, format, index }
}

/** The format of entries that hold a text and its seal. */
function formatOf(origin: DialectName | undefined): string | null {
  if (origin === 'anthropic-messages') return ANTHROPIC_FORMAT
  return isCarried(origin) ? origin : null
}

/** Whether seals of this origin are carried by callers, and mean nothing to hosts of this format. */
export function isCarried(origin: JsonValue | undefined): origin is DialectName {
  return CARRIED.has(origin)
}

/** Whether a part holds something that only `reasoning_details` can carry. */
export function isSealed(part: ReasoningPart): boolean {
  return part.signature !== undefined || part.redacted !== undefined
}

/** The fields of a reply's message that show its reasoning. */
export function encodeReasoning(parts: readonly ReasoningPart[]): JsonObject {
  const text = parts.map((part) => part.text).join('')
  return {
    ...(text === '' ? {} : { reasoning_content: text }),
    ...(parts.some(isSealed) ? { reasoning_details: parts.map(encodeDetail) } : {}),
  }
}

function textField(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

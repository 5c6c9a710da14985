/*
 * Seals of Gemini, carried by callers of Messages.
 *
 * Gemini signs thoughts and tool calls and must get the signatures back in the next turn; its newer models refuse calls without. Callers of this
 * format give thinking blocks back as they were, so that is where such a seal travels, behind a mark: in the signature of a thought, in a redacted block where a
 * thought has no text, and for a tool call in a redacted block of its own right before it. Anthropic itself never sees one.
 */
import type { Part, ReasoningPart } from '../../canonical/content.ts'
import type { Extensions } from '../../canonical/extensions.ts'
import type { JsonObject } from '../../lib/json.ts'

const GOOGLE = 'google-generate-content'
const MARK = 'headgate.'
const THOUGHT = `${MARK}thought.${GOOGLE}.`
const CALL = `${MARK}call.${GOOGLE}.`

/** Whether a signature or redacted data is a seal that we carry, which Anthropic cannot read. */
export function isCarried(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(MARK)
}

/** The seal of a thought of Gemini's as a signature; undefined when it has none. */
export function carryThought({ origin, signature }: Pick<ReasoningPart, 'origin' | 'signature'>): string | undefined {
  return origin === GOOGLE && signature !== undefined ? THOUGHT + signature : undefined
}

/** The block that carries the seal of a tool call; null when it has none. */
export function carryCall(extensions: Extensions | undefined): JsonObject | null {
  const signature = extensions?.[GOOGLE]?.thoughtSignature
  return typeof signature === 'string' ? { type: 'redacted_thinking', data: CALL + signature } : null
}

/** The seal that a block carries for the tool call behind it, as the extensions of that call; null for all other blocks. */
export function callSealIn({ type, data }: JsonObject): Extensions | null {
  if (type !== 'redacted_thinking' || typeof data !== 'string' || !data.startsWith(CALL)) return null
  return { [GOOGLE]: { thoughtSignature: data.slice(CALL.length) } }
}

/** The parts of an assistant's turn with carried seals put back where they belong. One of a call that is gone is gone with it. */
export function openSeals(parts: readonly Part[]): Part[] {
  const opened: Part[] = []
  let seal: string | null = null
  for (const part of parts) {
    if (part.type === 'reasoning') {
      const text = part.redacted ?? part.signature ?? ''
      if (text.startsWith(CALL)) seal = text.slice(CALL.length)
      else if (text.startsWith(THOUGHT)) opened.push(thought(part.text, text.slice(THOUGHT.length)))
      else opened.push(part)
    } else if (part.type === 'tool-call' && seal !== null) {
      opened.push({ ...part, extensions: { ...part.extensions, [GOOGLE]: { thoughtSignature: seal } } })
      seal = null
    } else opened.push(part)
  }
  return opened
}

function thought(text: string, signature: string): ReasoningPart {
  return { type: 'reasoning', text, signature, origin: GOOGLE }
}

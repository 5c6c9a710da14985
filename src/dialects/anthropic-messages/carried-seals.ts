/*
 * Seals of Gemini and of OpenAI's Responses, carried by callers of Messages.
 *
 * Gemini signs thoughts and tool calls and must get the signatures back in the next turn; its newer models refuse calls without. Responses gives reasoning
 * encrypted, and knows of it only what comes back. Callers of this format give thinking blocks back as they were, so that is where such a seal travels, behind a
 * mark: in the signature of a thought, in a redacted block where a thought has no text, and for a tool call in a redacted block of its own right before it.
 * Anthropic itself never sees one.
 */
import type { Part, ReasoningPart } from '../../canonical/content.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import type { Extensions } from '../../canonical/extensions.ts'
import type { JsonObject } from '../../lib/json.ts'

const GOOGLE = 'google-generate-content'
const MARK = 'headgate.'
const THOUGHT = `${MARK}thought.`
/** Whose thoughts are carried. */
const THINKERS: readonly DialectName[] = [GOOGLE, 'openai-responses']
const CALL = `${MARK}call.${GOOGLE}.`

/** Whether a signature or redacted data is a seal that we carry, which Anthropic cannot read. */
export function isCarried(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(MARK)
}

/** The seal of a thought of another vendor as a signature; undefined when it has none, or it is not carried. */
export function carryThought({
  origin,
  signature,
  redacted,
}: Pick<ReasoningPart, 'origin' | 'signature' | 'redacted'>): string | undefined {
  const seal = signature ?? redacted
  if (origin === undefined || seal === undefined || !THINKERS.includes(origin)) return undefined
  return `${THOUGHT}${origin}.${seal}`
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
      else opened.push(thoughtIn(text, part.text) ?? part)
    } else if (part.type === 'tool-call' && seal !== null) {
      opened.push({ ...part, extensions: { ...part.extensions, [GOOGLE]: { thoughtSignature: seal } } })
      seal = null
    } else opened.push(part)
  }
  return opened
}

/** The thought of another vendor that a seal is of; null for Anthropic's own. Encrypted reasoning without a text is redacted. */
function thoughtIn(carried: string, text: string): ReasoningPart | null {
  const origin = THINKERS.find((name) => carried.startsWith(`${THOUGHT}${name}.`))
  if (!origin) return null
  const seal = carried.slice(THOUGHT.length + origin.length + 1)
  const hidden = text === '' && origin !== GOOGLE
  return { type: 'reasoning', text, ...(hidden ? { redacted: seal } : { signature: seal }), origin }
}

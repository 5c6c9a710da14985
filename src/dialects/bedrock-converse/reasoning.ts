/*
 * Reasoning and its seals.
 *
 * Only Claude seals its reasoning on Bedrock, and its seals are the same wherever it runs
 * (https://platform.claude.com/docs/en/build-with-claude/extended-thinking: signatures are compatible across platforms). So they are Anthropic's here:
 * callers of every format carry them as Anthropic's, and a conversation may go on at Anthropic itself. A redacted block's data is the same
 * text as Anthropic's, once more in base64.
 */
import type { ReasoningPart } from '../../canonical/content.ts'
import type { JsonObject } from '../../lib/json.ts'
import { object, optionalString, requiredString } from '../anthropic-messages/fields.ts'

/** Whose seals Bedrock's are. */
export const SEALED_BY = 'anthropic-messages'

/** The content of a `reasoningContent` block. */
export function decodeReasoning(block: JsonObject, path: string): ReasoningPart {
  if (block.redactedContent !== undefined) {
    const data = requiredString(block, 'redactedContent', path)
    return { type: 'reasoning', text: '', redacted: fromBlob(data), origin: SEALED_BY }
  }
  const at = `${path}.reasoningText`
  const said = object(block.reasoningText, at)
  const text = optionalString(said, 'text', at) ?? ''
  const signature = optionalString(said, 'signature', at)
  return signature ? { type: 'reasoning', text, signature, origin: SEALED_BY } : { type: 'reasoning', text }
}

/** A sealed part as the content of a `reasoningContent` block; null when it has no seal of Claude's. */
export function encodeSealed(part: ReasoningPart): JsonObject | null {
  if (part.origin !== SEALED_BY) return null
  if (part.redacted !== undefined) return { redactedContent: toBlob(part.redacted) }
  return part.signature ? { reasoningText: { text: part.text, signature: part.signature } } : null
}

/** Anthropic's text of redacted reasoning, from Bedrock's bytes. */
export function fromBlob(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8')
}

/** Bedrock's bytes of redacted reasoning, from Anthropic's text. */
export function toBlob(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

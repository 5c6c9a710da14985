/*
 * Seals of other vendors, carried by callers of this format.
 *
 * Anthropic signs its thoughts and OpenAI's Responses encrypts them, and both must get that back in the next turn. Callers of this format give every part
 * back with its `thoughtSignature`, so that is where such a seal travels, behind a mark that says whose it is. The whole is base64, because some of
 * Google's libraries hold a signature as bytes and write it anew, in either alphabet. Google itself never sees one.
 *
 * In a stream the text of a thought comes first and its seal behind it, as a part without text: the two are one thought.
 */
import type { Part, ReasoningPart } from '../../canonical/content.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'

const MARK = 'headgate.'
/** Nine letters are twelve of base64, whatever follows. */
const ENCODED_MARK = Buffer.from(MARK).toString('base64')
const SEAL = /^headgate\.reasoning\.([a-z-]+)\.(signature|redacted)\.(.+)$/s

const DIALECTS: ReadonlySet<string> = new Set<DialectName>([
  ...(['openai-chat', 'openai-responses', 'anthropic-messages', 'bedrock-converse', 'cohere-chat'] as const),
])

/** Whether a `thoughtSignature` is one of ours, which Google cannot read. */
export function isCarried(signature: unknown): boolean {
  return typeof signature === 'string' && signature.startsWith(ENCODED_MARK)
}

/** The seal of another vendor as a `thoughtSignature`; undefined when the thought has none. */
export function carrySeal({ origin, signature, redacted }: ReasoningPart): string | undefined {
  const seal = signature ?? redacted
  if (origin === undefined || !DIALECTS.has(origin) || seal === undefined) return undefined
  const kind = redacted === undefined ? 'signature' : 'redacted'
  return Buffer.from(`${MARK}reasoning.${origin}.${kind}.${seal}`).toString('base64')
}

/** The parts of a turn of the model with carried seals opened, each on the thought that it belongs to. */
export function openSeals(parts: readonly Part[]): Part[] {
  const opened: Part[] = []
  for (const part of parts) {
    const seal = part.type === 'reasoning' ? openSeal(part.signature ?? '') : null
    if (part.type !== 'reasoning' || seal === null) {
      opened.push(part)
      continue
    }
    const last = opened.at(-1)
    const isBehind = part.text === '' && seal.signature !== undefined
    const isOpen = last?.type === 'reasoning' && last.signature === undefined && last.redacted === undefined
    if (isBehind && isOpen) opened[opened.length - 1] = { type: 'reasoning', text: last.text, ...seal }
    else opened.push({ type: 'reasoning', text: part.text, ...seal })
  }
  return opened
}

function openSeal(carried: string): Pick<ReasoningPart, 'origin' | 'signature' | 'redacted'> | null {
  if (!isCarried(carried)) return null
  const [, origin, kind, seal = ''] = SEAL.exec(Buffer.from(carried, 'base64').toString()) ?? []
  if (!isDialect(origin)) return null
  return kind === 'redacted' ? { origin, redacted: seal } : { origin, signature: seal }
}

function isDialect(name: string | undefined): name is DialectName {
  return name !== undefined && DIALECTS.has(name)
}

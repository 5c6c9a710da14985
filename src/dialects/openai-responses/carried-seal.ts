/*
 * Seals of other vendors, carried by callers of this API.
 *
 * Anthropic signs its reasoning and Google its tool calls, and both must get their seals back in the next turn. Callers of this API give back the
 * `encrypted_content` of reasoning items as it was, so that is where such a seal travels: behind a mark that says whose it is. A sealed
 * tool call gets a reasoning item of its own, which names the call that it belongs to and stands before it.
 */
import type { ReasoningPart } from '../../canonical/content.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import type { Extensions } from '../../canonical/extensions.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'

const MARK = 'headgate.'
const REASONING = /^headgate\.reasoning\.([a-z-]+)\.(signature|redacted)\.(.+)$/s
const CALL = /^headgate\.call\.([\w-]+)$/

const DIALECTS: ReadonlySet<string> = new Set<DialectName>([
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'google-generate-content',
  'bedrock-converse',
  'cohere-chat',
])

/** Whether an `encrypted_content` is one of ours, which no provider of this API can read. */
export function isCarried(encrypted: string): boolean {
  return encrypted.startsWith(MARK)
}

/** The seal of another vendor as an `encrypted_content`; null when the part has none. */
export function carrySeal({ origin, signature, redacted }: ReasoningPart): string | null {
  if (origin === undefined || (signature ?? redacted) === undefined) return null
  const kind = redacted === undefined ? 'signature' : 'redacted'
  return `${MARK}reasoning.${origin}.${kind}.${signature ?? redacted}`
}

/** The seal in an `encrypted_content` of ours; null for any other. */
export function openSeal(encrypted: string): Pick<ReasoningPart, 'origin' | 'signature' | 'redacted'> | null {
  const [, origin, kind, seal = ''] = REASONING.exec(encrypted) ?? []
  if (!isDialect(origin)) return null
  return kind === 'redacted' ? { origin, redacted: seal } : { origin, signature: seal }
}

/** What other formats have to get back with a tool call, as an `encrypted_content`; null when there is nothing. */
export function carryCall(callId: string, extensions: Extensions | undefined): string | null {
  const foreign = Object.entries(extensions ?? {}).filter(([dialect]) => dialect !== 'openai-responses')
  if (foreign.length === 0) return null
  const text = JSON.stringify({ call: callId, extensions: Object.fromEntries(foreign) })
  return `${MARK}call.${Buffer.from(text).toString('base64url')}`
}

function openCall(encrypted: string): { readonly callId: string; readonly extensions: Extensions } | null {
  const [, packed] = CALL.exec(encrypted) ?? []
  if (packed === undefined) return null
  const said = parseJson(Buffer.from(packed, 'base64url').toString('utf8'))
  if (!isObject(said) || typeof said.call !== 'string' || !isObject(said.extensions)) return null
  const known = Object.entries(said.extensions).filter(
    (entry): entry is [DialectName, JsonObject] => isDialect(entry[0]) && isObject(entry[1]),
  )
  return { callId: said.call, extensions: Object.fromEntries(known) }
}

/** Gathers the seals of calls in a conversation or an answer, where each stands before its call. */
export class CarriedCalls {
  readonly #seals = new Map<string, Extensions>()

  /** Whether an item is nothing but such a seal; it is kept then, and is no part of the conversation. */
  take({ encrypted_content: encrypted }: JsonObject): boolean {
    const call = typeof encrypted === 'string' ? openCall(encrypted) : null
    if (call) this.#seals.set(call.callId, call.extensions)
    return call !== null
  }

  /** The extensions of a call, with what was carried for it. */
  sealed(callId: string, extensions: Extensions | undefined): { readonly extensions?: Extensions } {
    const all = { ...extensions, ...this.#seals.get(callId) }
    return Object.keys(all).length > 0 ? { extensions: all } : {}
  }
}

function isDialect(name: string | undefined): name is DialectName {
  return name !== undefined && DIALECTS.has(name)
}

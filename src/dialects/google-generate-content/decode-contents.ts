/*
 * The conversation of a caller: `systemInstruction` and `contents`.
 */

import type { Part } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { splitResults } from '../split-results.ts'
import { CallIds } from './call-ids.ts'
import { openSeals } from './carried-seals.ts'
import { decodePart } from './decode-content.ts'
import { DIALECT } from './extensions.ts'
import { asObject, invalid, optionalList, optionalObject, optionalString } from './fields.ts'

/** Reads the system prompt and the turns. Throws GatewayError `invalid_request` with the path of what is wrong. */
export function decodeContents(body: JsonObject): Message[] {
  const ids = new CallIds()
  const contents = optionalList(body, 'contents')
  if (!contents || contents.length === 0) throw invalid('contents', 'must be a list of at least one content.')
  return [
    ...decodeSystem(body, ids),
    ...joinTurns(
      contents.flatMap((content, at) => decodeContent(asObject(content, `contents[${at}]`), `contents[${at}]`, ids)),
    ),
  ]
}

/** Google's own chats keep every chunk of a stream as a content of its own: neighbouring ones of the model are one turn, and its text one text. */
function joinTurns(messages: readonly Message[]): Message[] {
  const joined: Message[] = []
  for (const message of messages) {
    const last = joined.at(-1)
    if (last?.role !== 'assistant' || message.role !== 'assistant') joined.push(message)
    else joined[joined.length - 1] = { ...last, content: joinParts(last.content, message.content) }
  }
  return joined.map((message) =>
    message.role === 'assistant' ? { ...message, content: openSeals(message.content) } : message,
  )
}

function joinParts(begun: readonly Part[], more: readonly Part[]): Part[] {
  const last = begun.at(-1)
  const [first, ...others] = more
  if (!last || !first || !isBare(last) || !isBare(first) || last.type !== first.type) return [...begun, ...more]
  return [...begun.slice(0, -1), { ...last, text: last.text + first.text }, ...others]
}

/** Whether a part is words and nothing else. */
function isBare(part: Part): part is Extract<Part, { type: 'text' | 'reasoning' }> {
  if (part.type === 'text') return part.extensions === undefined && part.cacheKey === undefined
  return part.type === 'reasoning' && part.signature === undefined
}

function decodeSystem(body: JsonObject, ids: CallIds): Message[] {
  const instruction = optionalObject(body, 'systemInstruction')
  const content = instruction ? decodeParts(instruction, 'systemInstruction', ids) : []
  return content.length === 0 ? [] : [{ role: 'system', content }]
}

function decodeContent(content: JsonObject, path: string, ids: CallIds): Message[] {
  const role = optionalString(content, 'role', path) || 'user'
  const parts = decodeParts(content, path, ids)
  switch (role) {
    case 'model':
      // A thought without a signature is told to nobody else either.
      return [
        {
          role: 'assistant',
          content: parts.map((part) => (part.type === 'reasoning' ? { ...part, origin: DIALECT } : part)),
        },
      ]
    case 'user':
    case 'function':
      return splitResults(parts)
    default:
      throw invalid(`${path}.role`, `"${role.slice(0, 40)}" is no role; use user or model.`)
  }
}

function decodeParts(content: JsonObject, path: string, ids: CallIds): Part[] {
  const parts: readonly JsonValue[] = optionalList(content, 'parts', path) ?? []
  return parts.map((part, at) => withCacheKey(decodePart(part, `${path}.parts[${at}]`, ids)))
}

/** Headgate's own name of a cache segment stands among a part's other fields. */
function withCacheKey(part: Part): Part {
  const own = 'extensions' in part ? part.extensions?.[DIALECT] : undefined
  if (!own || !('extensions' in part) || typeof own.cacheKey !== 'string') return part
  const { extensions: _, ...bare } = part
  const { cacheKey, ...others } = own
  return { ...bare, cacheKey, ...(Object.keys(others).length > 0 ? { extensions: { [DIALECT]: others } } : {}) } as Part
}

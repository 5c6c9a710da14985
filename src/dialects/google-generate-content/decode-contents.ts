/*
 * The conversation of a caller: `systemInstruction` and `contents`.
 */
import type { Part } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { CallIds } from './call-ids.ts'
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
    ...contents.flatMap((content, at) => decodeContent(asObject(content, `contents[${at}]`), `contents[${at}]`, ids)),
  ]
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

/** A turn that answers function calls becomes one `tool` message per result, then a user message with what else it says. */
function splitResults(parts: readonly Part[]): Message[] {
  const results = parts.filter((part) => part.type === 'tool-result')
  const rest = parts.filter((part) => part.type !== 'tool-result')
  const messages: Message[] = results.map((result) => ({ role: 'tool', content: [result] }))
  if (rest.length > 0 || results.length === 0) messages.push({ role: 'user', content: rest })
  return messages
}

import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'

const ROLES = new Set(['system', 'developer', 'user', 'assistant'])
const SPOKEN = new Set(['output_text', 'refusal'])
const HEARD = new Set(['input_text', 'input_image', 'input_file', 'input_audio'])

/**
 * Checks the items of a request as OpenAI does for a caller for whom nothing is stored: every call has its output and every output its call,
 * and what only names a stored item is not found. Throws BadRequest.
 */
export function checkResponsesItems(items: readonly JsonObject[]): void {
  const open = new Set<string>()
  /** Calls of other kinds, which may be answered in the same way. */
  const others = new Set(
    items.flatMap((item) => (/(?<!^function)_call$/.test(String(item.type)) ? [String(item.call_id)] : [])),
  )
  for (const [at, item] of items.entries()) {
    const path = `input[${at}]`
    const type = item.type ?? 'message'
    if (type === 'message') checkMessage(item, path)
    else if (type === 'reasoning') checkReasoning(item)
    else if (type === 'item_reference') throw notFound(item.id)
    else if (type === 'function_call') {
      for (const field of ['call_id', 'name', 'arguments'])
        if (typeof item[field] !== 'string')
          throw new BadRequest(`Missing required parameter: '${path}.${field}'.`, `${path}.${field}`)
      open.add(String(item.call_id))
    } else if (type === 'function_call_output') {
      if (!open.delete(String(item.call_id)) && !others.has(String(item.call_id)))
        throw new BadRequest(
          `No tool call found for function call output with call_id ${String(item.call_id)}.`,
          'input',
        )
    } else if (typeof type !== 'string' || !/_(call|output|tools|request|response)$/.test(type))
      throw new BadRequest(`Invalid value: '${String(type)}'.`, `${path}.type`)
  }
  const [missing] = open
  if (missing !== undefined) throw new BadRequest(`No tool output found for function call ${missing}.`, 'input')
}

function checkMessage({ role, content }: JsonObject, path: string): void {
  if (!ROLES.has(String(role))) throw new BadRequest(`Invalid value: '${String(role)}'.`, `${path}.role`)
  if (typeof content === 'string') return
  if (!Array.isArray(content)) throw new BadRequest(`Missing required parameter: '${path}.content'.`, `${path}.content`)
  const allowed = role === 'assistant' ? SPOKEN : HEARD
  content.forEach((part, at) => {
    const type: JsonValue | undefined = isObject(part) ? part.type : undefined
    if (allowed.has(String(type))) return
    const names = [...allowed].map((name) => `'${name}'`).join(', ')
    throw new BadRequest(
      `Invalid value: '${String(type)}'. Supported values are: ${names}.`,
      `${path}.content[${at}].type`,
    )
  })
}

/** Hosts that show their reasoning take its text back. */
function checkReasoning({ id, encrypted_content: encrypted, summary, content }: JsonObject): void {
  if (!Array.isArray(summary)) throw new BadRequest("Missing required parameter: 'summary'.", 'input')
  if (encrypted === undefined && Array.isArray(content) && content.length > 0) return
  if (typeof encrypted !== 'string' || encrypted === '') throw notFound(id)
  if (encrypted.startsWith('headgate.'))
    throw new BadRequest('The encrypted content could not be verified. Reason: it could not be decrypted or parsed.')
}

function notFound(id: JsonValue | undefined): BadRequest {
  return new BadRequest(
    `Item with id '${String(id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    'input',
    404,
  )
}

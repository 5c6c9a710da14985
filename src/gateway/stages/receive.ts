import { refuseOverloaded } from '../../admission/overload-refusal.ts'
import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { dialectOf } from '../../dialects/registry.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { parseExactly } from '../../lib/exact-json.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { duplicateKey, membersOf } from '../../lib/json-members.ts'
import { excessOf } from '../../lib/json-shape.ts'
import { refusalOfUrl } from '../../lib/private-address.ts'
import type { Exchange } from '../exchange.ts'
import type { InboundCall, WireCall } from '../inbound-call.ts'
import { sourceDocuments } from '../source-documents.ts'
import type { Received } from '../stages.ts'

/** Fields that policy reads: one of them given twice could mean one thing to us and another to the provider. */
const POLICY_FIELDS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'metadata',
  'stream',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'user',
  'documents',
  'input',
  'instructions',
  'max_output_tokens',
  'contents',
  'systemInstruction',
  'system_instruction',
  'generationConfig',
  'generation_config',
  'toolConfig',
  'tool_config',
])

/** More than any honest request has: a tool's schema may be thirty properties deep, a conversation may have ten thousand turns. */
const SHAPE = { depth: 64, entries: 250_000 }

/** Reads what is asked. Throws GatewayError `invalid_request` with the field's path. */
export function receive(exchange: Exchange, call: InboundCall): Received {
  refuseOverloaded(exchange.engine.load)
  const { request, original } = call.face === 'library' ? { request: call.request, original: null } : decode(call)
  exchange.requestedModel = request.model
  exchange.stream = request.stream
  refusePrivateUrls(request)
  return { exchange, request, original }
}

function decode(call: WireCall): Pick<Received, 'request' | 'original'> {
  const text = call.bytes.toString()
  const body = parse(text)
  // Each entry takes two characters of the text, so only a long one has to be counted, and before anything is made for each of them.
  if (text.length > 2 * SHAPE.entries) refuseExcess(body)
  const members = membersOf(call.bytes, text)
  if (members.levels > SHAPE.depth) refuseExcess(body)
  // Where each member has a key of its own in the parsed body, none is there twice.
  const isTwice = members.list.length > Object.keys(body).length
  const twice = isTwice ? duplicateKey(members, POLICY_FIELDS) : null
  if (twice !== null) {
    throw new GatewayError('invalid_request', `The field ${twice} is given twice; send it once.`, { param: twice })
  }
  const dialect = dialectOf(call.dialect)
  const decoded = call.asked ? dialect.decodeRequest(body, call.asked) : dialect.decodeRequest(body)
  const { documents } = body
  const request = documents === undefined ? decoded : { ...decoded, documents: sourceDocuments(documents) }
  return { request, original: { bytes: call.bytes, body, members } }
}

function parse(text: string): JsonObject {
  let body: unknown
  try {
    body = parseExactly(text)
  } catch (error) {
    const where = error instanceof Error ? error.message : ''
    throw new GatewayError('invalid_request', `The body is not valid JSON: ${where.slice(0, 200)}`)
  }
  if (!isObject(body)) throw new GatewayError('invalid_request', 'The body must be a JSON object.')
  return body
}

/** Refuses a body that is too deep or has too much in it. */
function refuseExcess(body: JsonObject): void {
  const excess = excessOf(body, SHAPE)
  if (excess === 'depth') {
    throw new GatewayError('invalid_request', `The body is nested more than ${SHAPE.depth} levels deep.`)
  }
  if (excess === 'entries') {
    throw new GatewayError('invalid_request', `The body has more than ${SHAPE.entries} fields and list items.`)
  }
}

/** Pictures and files that a provider (or a model server in our own network) would fetch for the caller. */
function refusePrivateUrls({ messages }: CanonicalRequest): void {
  for (let at = 0; at < messages.length; at += 1) {
    const content = messages[at]?.content ?? []
    for (let index = 0; index < content.length; index += 1) {
      const part = content[index]
      if (part?.type === 'tool-result') for (const media of part.content) refusePrivateUrl(media, at, index)
      else if (part && part.type !== 'text') refusePrivateUrl(part, at, index)
    }
  }
}

function refusePrivateUrl(part: Part, at: number, index: number): void {
  if (!('source' in part) || part.source.kind !== 'url') return
  const refusal = refusalOfUrl(part.source.url)
  if (refusal === null) return
  const path = `messages[${at}].content[${index}]`
  throw new GatewayError('invalid_request', `The URL in ${path} may not be used: ${refusal}.`, { param: path })
}

/*
 * The content blocks of a Converse request, checked as Bedrock checks them.
 */
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'

/** Whose turn a list of blocks is in. */
export type Place = 'user' | 'assistant' | 'result'

const KNOWN: Readonly<Record<Place, ReadonlySet<string>>> = {
  user: new Set([
    'text',
    'image',
    'audio',
    'video',
    'document',
    'toolResult',
    'guardContent',
    'cachePoint',
    'searchResult',
  ]),
  assistant: new Set(['text', 'toolUse', 'toolResult', 'reasoningContent', 'citationsContent', 'cachePoint']),
  result: new Set(['text', 'json', 'image', 'video', 'document', 'searchResult']),
}
const FORMATS: Readonly<Record<string, ReadonlySet<string>>> = {
  image: new Set(['png', 'jpeg', 'gif', 'webp']),
  document: new Set(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']),
  audio: new Set(['mp3', 'opus', 'wav', 'aac', 'flac', 'mp4', 'ogg', 'mkv', 'm4a', 'webm', 'pcm']),
}
const ID = /^[a-zA-Z0-9_-]{1,64}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const DOCUMENT_NAME = /^(?!.*\s\s)[a-zA-Z0-9\s\-()[\]]{1,200}$/

/** The one member of a union: Bedrock takes exactly one of those it knows. Throws BadRequest. */
export function memberOf(value: JsonValue, known: ReadonlySet<string>, path: string): readonly [string, JsonValue] {
  const set = isObject(value) ? Object.entries(value).filter(([, member]) => member !== null) : []
  const [only] = set
  if (set.length === 1 && only && known.has(only[0])) return only
  throw new BadRequest(`Value at '${path}' must have exactly one of: ${[...known].join(', ')}.`, path)
}

/** Checks a turn's or a result's blocks; `documents` collects the names of the whole request. Throws BadRequest. */
export function checkBlocks(content: JsonValue | undefined, place: Place, path: string, documents: Set<string>): void {
  if (!Array.isArray(content)) throw new BadRequest(`Value at '${path}' failed to satisfy: must not be null`, path)
  if (content.length === 0 && place !== 'result')
    throw new BadRequest(
      `The content field in the Message object at ${path} is empty. Add a ContentBlock object.`,
      path,
    )
  for (const [at, value] of content.entries()) checkBlock(value, place, `${path}.${at}`, documents)
  const kinds = new Set(content.filter(isObject).flatMap((block) => Object.keys(block)))
  if (place === 'user' && kinds.has('document') && !kinds.has('text'))
    throw new BadRequest(`${path}: a document needs a text block beside it.`, path)
}

function checkBlock(value: JsonValue, place: Place, path: string, documents: Set<string>): void {
  const [kind, member] = memberOf(value, KNOWN[place], path)
  if (kind === 'json') return
  if (kind === 'text') {
    if (typeof member !== 'string') throw new BadRequest(`${path}.text: must be a string`, path)
    if (place !== 'result' && member.trim() === '')
      throw new BadRequest(
        `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`,
        path,
      )
    return
  }
  if (!isObject(member)) throw new BadRequest(`${path}.${kind}: must be an object`, path)
  switch (kind) {
    case 'image':
    case 'audio':
    case 'document':
      checkMedia(kind, member, path, documents)
      break
    case 'toolUse':
      checkId(member.toolUseId, `${path}.toolUse.toolUseId`)
      checkId(member.name, `${path}.toolUse.name`)
      if (!isObject(member.input))
        throw new BadRequest(
          `The format of the value at ${path}.toolUse.input is invalid. Provide a json object for the field and try again.`,
          path,
        )
      break
    case 'toolResult':
      checkId(member.toolUseId, `${path}.toolResult.toolUseId`)
      checkBlocks(member.content, 'result', `${path}.toolResult.content`, documents)
      if (member.status === 'error' && Array.isArray(member.content) && member.content.length === 0)
        throw new BadRequest(
          `The content field at ${path}.toolResult cannot be empty when status value is error.`,
          path,
        )
      break
    case 'reasoningContent':
      checkReasoning(member, `${path}.reasoningContent`)
      break
  }
}

function checkMedia(
  kind: 'image' | 'audio' | 'document',
  media: JsonObject,
  path: string,
  documents: Set<string>,
): void {
  if (!FORMATS[kind]?.has(String(media.format)))
    throw new BadRequest(`Value '${String(media.format)}' at '${path}.${kind}.format' is not a known format`, path)
  const known = new Set(kind === 'document' ? ['bytes', 's3Location', 'text', 'content'] : ['bytes', 's3Location'])
  const [source, data] = memberOf(media.source ?? null, known, `${path}.${kind}.source`)
  if (source === 'bytes' && !(typeof data === 'string' && data !== '' && BASE64.test(data)))
    throw new BadRequest(`${path}.${kind}.source.bytes: is not base64`, path)
  if (kind !== 'document') return
  const name = String(media.name ?? '')
  if (!DOCUMENT_NAME.test(name))
    throw new BadRequest(
      `The document file name at ${path} can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets.`,
      path,
    )
  if (documents.has(name.toLowerCase()))
    throw new BadRequest(`Messages contain the same document name twice: ${name}`, path)
  documents.add(name.toLowerCase())
}

function checkReasoning(member: JsonObject, path: string): void {
  const [kind, said] = memberOf(member, new Set(['reasoningText', 'redactedContent']), path)
  if (kind === 'redactedContent' && !(typeof said === 'string' && BASE64.test(said)))
    throw new BadRequest(`${path}.redactedContent: is not base64`, path)
  if (
    kind === 'reasoningText' &&
    !(isObject(said) && typeof said.text === 'string' && typeof said.signature === 'string')
  )
    throw new BadRequest(`${path}.reasoningText.signature: Field required`, path)
}

/** Checks an id or a name of a tool. Throws BadRequest. */
export function checkId(value: JsonValue | undefined, path: string): void {
  if (typeof value === 'string' && ID.test(value)) return
  throw new BadRequest(
    `Value '${String(value)}' at '${path}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+ and have length at most 64`,
    path,
  )
}

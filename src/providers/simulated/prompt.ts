import { type Part, textOf } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import { countTokens } from './tokens.ts'

/** What an image, a sound or a document counts for, in tokens. */
const MEDIA_TOKENS = 85
/** What every message costs beside its content, in tokens. */
const MESSAGE_TOKENS = 3

/** The whole prompt in tokens: messages, tools and the schema of the answer. */
export function promptTokens(request: CanonicalRequest): number {
  let tokens = 0
  for (const message of request.messages) tokens += MESSAGE_TOKENS + partsTokens(message.content)
  for (const tool of request.tools ?? []) tokens += countTokens(JSON.stringify(tool))
  if (request.responseFormat?.type === 'json-schema')
    tokens += countTokens(JSON.stringify(request.responseFormat.schema))
  return tokens
}

function partsTokens(parts: readonly Part[]): number {
  let tokens = 0
  for (const part of parts) tokens += partTokens(part)
  return tokens
}

function partTokens(part: Part): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return countTokens(part.text)
    case 'tool-call':
      return countTokens(part.name) + countTokens(part.arguments)
    case 'tool-result':
      return partsTokens(part.content)
    case 'opaque':
      return countTokens(JSON.stringify(part.block))
    default:
      return MEDIA_TOKENS
  }
}

/** The text of the last thing a person said, or an empty text. */
export function lastUserText(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.role === 'user')
  return last ? textOf(last.content).trim() : ''
}

/** How many images, sounds and documents the conversation holds. */
export function countMedia(messages: readonly Message[]): { images: number; sounds: number; files: number } {
  const counted = { images: 0, sounds: 0, files: 0 }
  for (const part of messages.flatMap((message) => message.content)) {
    if (part.type === 'image') counted.images++
    else if (part.type === 'audio') counted.sounds++
    else if (part.type === 'file') counted.files++
  }
  return counted
}

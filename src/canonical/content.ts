import type { JsonValue } from '../lib/json.ts'
import type { DialectName } from './dialect-name.ts'
import type { Extensible } from './extensions.ts'

/** Where the bytes of an image, a sound or a file are. `data` is base64. */
export type MediaSource =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  | { readonly kind: 'provider-file'; readonly id: string }

/** Marks the end of a stable prompt segment: everything up to and including it may be cached by the provider. */
export interface Cacheable {
  /** The caller's name of the segment, `support-v7`; one name, one content. */
  readonly cacheKey?: string
  /** The lifetime the caller's own dialect asked for; absent when the mark came from `cacheKey` alone. */
  readonly cacheTtl?: '5m' | '1h'
}

/** Plain text. */
export interface TextPart extends Cacheable, Extensible {
  readonly type: 'text'
  readonly text: string
}

/** A picture. */
export interface ImagePart extends Cacheable, Extensible {
  readonly type: 'image'
  readonly source: MediaSource
  readonly detail?: 'low' | 'high' | 'auto'
}

/** A sound. */
export interface AudioPart {
  readonly type: 'audio'
  readonly source: MediaSource
}

/** A document, usually a PDF or plain text. */
export interface FilePart extends Cacheable, Extensible {
  readonly type: 'file'
  readonly source: MediaSource
  readonly name?: string
}

/** The model asks for a tool. `arguments` is JSON text exactly as the model wrote it; no arguments are `{}`. */
export interface ToolCallPart extends Cacheable, Extensible {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  readonly arguments: string
}

/** What a tool gave back. */
export interface ToolResultPart extends Cacheable, Extensible {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly content: readonly (TextPart | ImagePart | FilePart | OpaquePart)[]
  readonly isError?: boolean
}

/**
 * The model's reasoning. `signature` and `redacted` are opaque and travel byte for byte;
 * they mean something only to the dialect named in `origin`, and are stripped for every other.
 */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  readonly signature?: string
  readonly redacted?: string
  readonly origin?: DialectName
}

/** The model says that it will not. */
export interface RefusalPart {
  readonly type: 'refusal'
  readonly text: string
}

/** A block only one dialect knows (hosted tools and their results), restored by that dialect and reported by others. */
export interface OpaquePart {
  readonly type: 'opaque'
  readonly dialect: DialectName
  readonly block: JsonValue
}

/** One piece of a message. */
export type Part =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | OpaquePart

/** The text of all text parts, joined without a separator. */
export function textOf(parts: readonly Part[]): string {
  let text = ''
  for (const part of parts) if (part.type === 'text') text += part.text
  return text
}

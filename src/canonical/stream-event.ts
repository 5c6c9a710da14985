import type { JsonValue } from '../lib/json.ts'
import type { DialectName } from './dialect-name.ts'
import type { Extensions } from './extensions.ts'
import type { FinishReason } from './response.ts'
import type { Usage } from './usage.ts'

/**
 * A streamed answer, event by event. Content blocks have an `index` of their own, counted from 0 in order of
 * their start; blocks may interleave (parallel tool calls), so every delta names its block.
 * `usage` may come more than once: the last one wins, counter by counter. After `message-end` comes nothing but `usage`, or an
 * `error` that takes the end back; after `error` comes nothing at all. A stream that ends with neither was cut.
 */
export type StreamEvent =
  | { readonly type: 'message-start'; readonly id?: string; readonly model?: string; readonly created?: number }
  | { readonly type: 'text-start'; readonly index: number }
  | { readonly type: 'text-delta'; readonly index: number; readonly text: string }
  | { readonly type: 'text-end'; readonly index: number; readonly extensions?: Extensions }
  | { readonly type: 'reasoning-start'; readonly index: number; readonly origin?: DialectName }
  | { readonly type: 'reasoning-delta'; readonly index: number; readonly text: string }
  | {
      readonly type: 'reasoning-end'
      readonly index: number
      readonly signature?: string
      readonly redacted?: string
    }
  | { readonly type: 'refusal-start'; readonly index: number }
  | { readonly type: 'refusal-delta'; readonly index: number; readonly text: string }
  | { readonly type: 'refusal-end'; readonly index: number }
  | {
      readonly type: 'tool-call-start'
      readonly index: number
      readonly id: string
      readonly name: string
      readonly extensions?: Extensions
    }
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly arguments: string }
  | { readonly type: 'tool-call-end'; readonly index: number }
  | { readonly type: 'opaque'; readonly index: number; readonly dialect: DialectName; readonly block: JsonValue }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'message-end'
      readonly finishReason: FinishReason
      readonly rawFinishReason?: string
      readonly stopSequence?: string
    }
  | { readonly type: 'error'; readonly error: StreamError }

/** An error that arrived inside a stream, in the provider's own words. */
export interface StreamError {
  readonly message: string
  /** The provider's code or type: `overloaded_error`, `server_error`. */
  readonly code?: string
  /** The HTTP status it would have been, when the provider says so. */
  readonly status?: number
  /** How long to wait before the next try, where the body says so and not a header (Google). */
  readonly retryAfterSeconds?: number
  /** What the provider counted, and may charge for, in spite of the error. */
  readonly usage?: Usage
}

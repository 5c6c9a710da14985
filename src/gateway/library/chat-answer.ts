import type { ToolCallPart } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { FinishReason } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'

/** A complete answer, as product code sees it. */
export interface ChatAnswer {
  /** All text, joined. */
  readonly text: string
  /** The assistant's turn; push it back into `messages` to go on. */
  readonly message: Message
  readonly toolCalls: readonly ToolCallPart[]
  readonly usage: Usage | null
  /** What the whole exchange cost, failed attempts included. */
  readonly costUsd: number
  readonly traceId: string
  /** Logical models tried, in order: `balanced-large -> balanced-medium`. */
  readonly route: string
  /** `provider/model` that served. */
  readonly model: string
  /** Why a fallback happened; null when none did. */
  readonly fallback: string | null
  readonly finishReason: FinishReason
  /** Paths of request fields that the served model's format cannot say. */
  readonly dropped: readonly string[]
  /** What guards and validators found. */
  readonly flags: readonly string[]
  /** The trace of the call that made this answer, when it is given again for an idempotency key; null when this call made it. */
  readonly replayOf: string | null
}

/** A streamed answer: canonical events, and the whole answer once they have ended. */
export interface ChatStream extends AsyncIterable<StreamEvent> {
  /** Resolves after the last event; rejects with the GatewayError that ended the stream. */
  readonly answer: Promise<ChatAnswer>
}

/** What the library's last stage gives. */
export type LibraryReply =
  | { readonly kind: 'whole'; readonly answer: ChatAnswer }
  | {
      readonly kind: 'stream'
      readonly events: AsyncIterable<readonly StreamEvent[]>
      /** The whole answer, once all events were read; null when the caller left before. */
      readonly answer: () => ChatAnswer | null
    }
  | { readonly kind: 'refused'; readonly error: GatewayError }

import type { ToolCallPart } from '../../canonical/content.ts'
import type { Embedding } from '../../canonical/embedding.ts'
import type { Message } from '../../canonical/request.ts'
import type { FinishReason } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens, type Usage } from '../../canonical/usage.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'

/** What an answer used: the provider's counters, of which no two hold the same token, and their sums as the ledger has them. */
export interface ChatUsage extends Usage {
  /** The whole prompt. */
  readonly inputTokens: number
  /** Everything generated. */
  readonly outputTokens: number
  /** The part of `inputTokens` that was read from the provider's cache. */
  readonly cachedTokens: number
  /** The part of `inputTokens` that was written to it. */
  readonly cacheWriteTokens: number
  /** The part of `outputTokens` that was reasoning. */
  readonly reasoningTokens: number
}

/** A complete answer, as product code sees it. */
export interface ChatAnswer {
  /** All text, joined. */
  readonly text: string
  /** The assistant's turn; push it back into `messages` to go on. */
  readonly message: Message
  readonly toolCalls: readonly ToolCallPart[]
  readonly usage: ChatUsage | null
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

/** What a whole call gave. */
export interface WholeAnswer extends ChatAnswer {
  /** Of a call that asked for vectors. */
  readonly embeddings?: readonly Embedding[]
}

/** A streamed answer: canonical events, and the whole answer once they have ended. */
export interface ChatStream extends AsyncIterable<StreamEvent> {
  /** Resolves after the last event; rejects with the GatewayError that ended the stream. */
  readonly answer: Promise<ChatAnswer>
}

/** What the library's last stage gives. */
export type LibraryReply =
  | { readonly kind: 'whole'; readonly answer: WholeAnswer }
  | {
      readonly kind: 'stream'
      readonly events: AsyncIterable<readonly StreamEvent[]>
      /** The whole answer, once all events were read; null when the caller left before. */
      readonly answer: () => ChatAnswer | null
    }
  | { readonly kind: 'refused'; readonly error: GatewayError }

/** A provider's usage with its sums. */
export function chatUsageOf(usage: Usage): ChatUsage {
  return {
    ...usage,
    inputTokens: inputTokens(usage),
    outputTokens: outputTokens(usage),
    cachedTokens: cacheReadTokens(usage),
    cacheWriteTokens: cacheWriteTokens(usage),
    reasoningTokens: usage.reasoning ?? 0,
  }
}

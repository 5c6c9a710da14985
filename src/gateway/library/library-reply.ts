import { Collector } from '../../canonical/collect.ts'
import { type ToolCallPart, textOf } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { Message } from '../../canonical/request.ts'
import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerPiece } from '../../execution/answer.ts'
import type { Exchange } from '../exchange.ts'
import type { ReplyStage } from '../stages/reply.ts'
import { settledStream } from '../stages/settle-stream.ts'
import type { Checked } from '../stages.ts'

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

/** The last stage of a call of the library. */
export const libraryReply: ReplyStage<LibraryReply> = {
  async answer(checked) {
    const { answer, ...executed } = checked.executed
    if (answer.kind === 'stream') {
      const collector = new Collector()
      let whole = false
      const events = settledStream<readonly StreamEvent[]>(checked, answer, {
        piece: (piece) => take(collector, piece),
        end: (tail) => {
          whole = true
          return tail ? take(collector, tail) : []
        },
        error: (error) => {
          throw error
        },
      })
      return { kind: 'stream', events, answer: () => (whole ? chatAnswer(checked, collector.result()) : null) }
    }
    await checked.exchange.settle({
      status: 'completed',
      error: null,
      answered: executed.running.close('completed', null, answer.summary, true),
    })
    if (!checked.request.stream) return { kind: 'whole', answer: chatAnswer(checked, answer.response) }
    return { kind: 'stream', events: once(expand(answer.response)), answer: () => chatAnswer(checked, answer.response) }
  },
  refusal: (_exchange: Exchange, error) => ({ kind: 'refused', error }),
}

function take(collector: Collector, piece: AnswerPiece): readonly StreamEvent[] {
  if (piece.kind === 'bytes') throw new GatewayError('internal', 'A library call was relayed as bytes.')
  for (const event of piece.events) collector.push(event)
  return piece.events
}

async function* once<Item>(item: Item): AsyncGenerator<Item, void, void> {
  yield item
}

function chatAnswer({ exchange, executed }: Checked, response: CanonicalResponse): ChatAnswer {
  return {
    text: textOf(response.content),
    message: { role: 'assistant', content: response.content },
    toolCalls: response.content.filter((part) => part.type === 'tool-call'),
    usage: response.usage ?? null,
    costUsd: exchange.costUsd,
    traceId: exchange.traceId,
    route: exchange.route ?? '',
    model: executed.target.deployment.id,
    fallback: exchange.fallbackReason,
    finishReason: response.finishReason,
    dropped: exchange.dropped,
    flags: exchange.flags,
  }
}

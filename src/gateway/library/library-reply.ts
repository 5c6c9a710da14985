import { Collector } from '../../canonical/collect.ts'
import { textOf } from '../../canonical/content.ts'
import { expand } from '../../canonical/expand.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerPiece } from '../../execution/answer.ts'
import type { Exchange } from '../exchange.ts'
import { libraryCopying } from '../once/library-copying.ts'
import type { ReplyStage } from '../stages/reply.ts'
import { settledStream } from '../stages/settle-stream.ts'
import type { Checked } from '../stages.ts'
import { type ChatAnswer, chatUsageOf, type LibraryReply, type WholeAnswer } from './chat-answer.ts'

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
    if (!checked.request.stream) return { kind: 'whole', answer: wholeAnswer(checked, answer.response) }
    return { kind: 'stream', events: once(expand(answer.response)), answer: () => chatAnswer(checked, answer.response) }
  },
  refusal: (_exchange: Exchange, error) => ({ kind: 'refused', error }),
  copying: libraryCopying,
}

function take(collector: Collector, piece: AnswerPiece): readonly StreamEvent[] {
  if (piece.kind === 'bytes') throw new GatewayError('internal', 'A library call was relayed as bytes.')
  for (const event of piece.events) collector.push(event)
  return piece.events
}

async function* once<Item>(item: Item): AsyncGenerator<Item, void, void> {
  yield item
}

function wholeAnswer(checked: Checked, response: CanonicalResponse): WholeAnswer {
  const answer = chatAnswer(checked, response)
  return response.embeddings ? { ...answer, embeddings: response.embeddings } : answer
}

function chatAnswer({ exchange, executed }: Checked, response: CanonicalResponse): ChatAnswer {
  return {
    text: textOf(response.content),
    message: { role: 'assistant', content: response.content },
    toolCalls: response.content.filter((part) => part.type === 'tool-call'),
    usage: response.usage ? chatUsageOf(response.usage) : null,
    costUsd: exchange.costUsd,
    traceId: exchange.traceId,
    route: exchange.route ?? '',
    model: executed.target.deployment.id,
    fallback: exchange.fallbackReason,
    finishReason: response.finishReason,
    dropped: exchange.dropped,
    flags: exchange.flags,
    replayOf: null,
  }
}

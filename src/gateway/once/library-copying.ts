import type { StreamEvent } from '../../canonical/stream-event.ts'
import { ERRORS, type ErrorCode } from '../../errors/codes.ts'
import { type ErrorDetails, GatewayError } from '../../errors/gateway-error.ts'
import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import type { ChatAnswer, LibraryReply } from '../library/chat-answer.ts'
import type { Replay, ReplyCopying } from './reply-copying.ts'
import { TappedStream } from './tapped-stream.ts'

/** A stream's copy: the events of each step, and the answer that they made. */
interface StreamCopy {
  readonly steps: readonly (readonly StreamEvent[])[]
  readonly answer: ChatAnswer | null
}

/** How replies of the library are copied: as JSON. */
export const libraryCopying: ReplyCopying<LibraryReply> = {
  whole(reply) {
    if (reply.kind === 'whole') return { head: { kind: 'whole' }, body: Buffer.from(JSON.stringify(reply.answer)) }
    if (reply.kind === 'stream') return null
    const { code, message, param, retryAfterSeconds, retryAfterMs, upstream, details } = reply.error
    const error = { code, message, param, retryAfterSeconds, retryAfterMs, upstream, details }
    return { head: { kind: 'refused' }, body: Buffer.from(JSON.stringify(error)) }
  },
  tapped(reply, tap) {
    if (reply.kind !== 'stream') return reply
    const copying = {
      bytesOf: (events: readonly StreamEvent[]) => `${JSON.stringify(events)},`,
      copyOf: (steps: readonly Buffer[]): KeptReply => {
        const answer = JSON.stringify(reply.answer())
        const body = `{"steps":[${Buffer.concat(steps).toString().slice(0, -1)}],"answer":${answer}}`
        return { head: { kind: 'stream' }, body: Buffer.from(body) }
      },
    }
    return { ...reply, events: new TappedStream(reply.events, copying, tap) }
  },
  replayed(replay) {
    const { kind } = replay.kept.head
    const copy: unknown = JSON.parse(replay.kept.body.toString())
    if (kind === 'refused') return { kind: 'refused', error: errorOf(copy as ErrorCopy) }
    if (kind === 'whole') return { kind: 'whole', answer: answerTo(replay, copy as ChatAnswer) }
    const { steps, answer } = copy as StreamCopy
    return { kind: 'stream', events: inSteps(steps, answer !== null), answer: () => answer && answerTo(replay, answer) }
  },
}

interface ErrorCopy extends Omit<ErrorDetails, 'cause'> {
  readonly code: ErrorCode
  readonly message: string
}

function errorOf({ code, message, ...details }: ErrorCopy): GatewayError {
  return new GatewayError(Object.hasOwn(ERRORS, code) ? code : 'internal', message, details)
}

/** This call cost nothing; what it cost to make the answer is in the trace of the call that did. */
function answerTo({ exchange, originalTraceId }: Replay, answer: ChatAnswer): ChatAnswer {
  return { ...answer, costUsd: 0, traceId: exchange.traceId, replayOf: originalTraceId }
}

async function* inSteps<Step>(steps: readonly Step[], isWhole: boolean): AsyncGenerator<Step, void, void> {
  yield* steps
  if (!isWhole) throw new GatewayError('upstream_truncated', 'The stream of this call broke, and it is not run again.')
}

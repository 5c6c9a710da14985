import type { StreamEvent } from '../../canonical/stream-event.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { ChatAnswer, ChatStream, LibraryReply } from './chat-answer.ts'

/**
 * A stream that starts when it is first read. Leaving it early, or aborting the caller's signal, ends the upstream call. `answer` needs
 * somebody to read the events: it resolves after the last one.
 */
export function libraryStream(
  callerSignal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<LibraryReply>,
): ChatStream {
  const left = new AbortController()
  const signal = callerSignal ? AbortSignal.any([callerSignal, left.signal]) : left.signal
  const answer = Promise.withResolvers<ChatAnswer>()
  // Nobody is forced to look at `answer`; the iterator reports the same error.
  answer.promise.catch(() => undefined)

  async function* events(): AsyncGenerator<StreamEvent, void, void> {
    try {
      const reply = await call(signal)
      if (reply.kind === 'refused') throw reply.error
      if (reply.kind === 'whole') throw new GatewayError('internal', 'A stream was asked for and a whole answer came.')
      for await (const batch of reply.events) yield* batch
      const whole = reply.answer()
      if (!whole) throw new GatewayError('client_closed', 'The call was aborted.')
      answer.resolve(whole)
    } catch (error) {
      answer.reject(error)
      throw error
    }
  }

  const running = events()
  const iterator: AsyncIterableIterator<StreamEvent, void, void> = {
    next: () => running.next(),
    // A step that is still under way ends with the call: it would keep the generator from returning.
    return() {
      left.abort()
      answer.reject(new GatewayError('client_closed', 'The stream was left before its end.'))
      return running.return()
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return { answer: answer.promise, [Symbol.asyncIterator]: () => iterator }
}

/*
 * The body of a streamed reply, which closes the books.
 *
 * Whatever ends it ends the exchange, exactly once: the end of the answer, its own or that of the money (the books are closed before the end is written), an upstream that
 * breaks, a ledger that fails, a caller who leaves, a reader who takes nothing more. It is not a generator, because a generator that is
 * given up before its first step runs no `finally`, and one that waits cannot be given up at all: money would be held for ever.
 */

import { asGatewayError, GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerPiece, AnswerSummary, StreamedAnswer } from '../../execution/answer.ts'
import { AttemptFailure, type FailureClass } from '../../execution/attempt-failure.ts'
import type { AttemptStatus } from '../../execution/running-attempt.ts'
import { type LeaveSignal, ONCE } from '../../lib/leave-signal.ts'
import type { OnRoll } from '../../lib/roll.ts'
import { Rounds } from '../../lib/rounds.ts'
import type { Checked } from '../stages.ts'

/** What a face writes of a stream: its pieces, then either its end or an error in its own format. */
export interface StreamWriter<Out> {
  piece(piece: AnswerPiece): Out
  /** The end of a good stream, with the success marker. */
  end(tail: AnswerPiece | null): Out
  /** An error after the first byte: no success marker follows. */
  error(error: GatewayError): Out
}

/** How long a stream waits for its reader to take the next piece; it is given up after this time at the earliest, after twice of it at the latest. */
export const READER_PATIENCE_MS = 5 * 60_000

/** The body of a streamed reply. To be read to its end or `return`ed; one that is forgotten closes itself after some minutes. */
export function settledStream<Out>(
  checked: Checked,
  answer: StreamedAnswer,
  writer: StreamWriter<Out>,
): SettledStream<Out> {
  return new SettledStream(checked, answer, writer)
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined }

/** See `settledStream`. */
export class SettledStream<Out> implements AsyncIterableIterator<Out, void, void>, OnRoll {
  rollPlace = -1
  readonly #checked: Checked
  readonly #answer: StreamedAnswer
  readonly #writer: StreamWriter<Out>
  /** Whether the reader waits for us; otherwise we wait for the reader. */
  #wanted = false
  /** Pieces taken since its reader was last looked at; one for having begun. */
  #taken = 1
  #over = false
  /** What a reader who comes back too late is told. */
  #epitaph: GatewayError | null = null

  constructor(checked: Checked, answer: StreamedAnswer, writer: StreamWriter<Out>) {
    this.#checked = checked
    this.#answer = answer
    this.#writer = writer
    unread.add(this)
    checked.exchange.signal.addEventListener('abort', this, ONCE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** The next piece, the end, or the error in the face's own format. Rejects only with what the face's writer throws. */
  async next(): Promise<IteratorResult<Out, void>> {
    if (this.#over) return this.#last()
    this.#wanted = true
    this.#taken += 1
    try {
      const piece = await this.#answer.read()
      if (piece) return { done: false, value: this.#writer.piece(piece) }
      const tail = this.#answer.tail()
      const { summary } = this.#answer
      if (summary.cut) this.#checked.exchange.flags.push('budget_cut')
      await this.#settle(summary.cut ? 'incomplete' : 'completed', null, null, summary)
      this.#close()
      return { done: false, value: this.#writer.end(tail) }
    } catch (thrown) {
      return await this.#broken(thrown)
    } finally {
      this.#wanted = false
    }
  }

  /** The reader goes away. */
  async return(): Promise<IteratorResult<Out, void>> {
    this.#close()
    // After a settled end this changes nothing. The money room goes on trying when the ledger is away.
    await this.#settle('client_gone', null).catch(() => undefined)
    return DONE
  }

  async #broken(thrown: unknown): Promise<IteratorResult<Out, void>> {
    if (this.#over) return this.#last()
    const { signal, engine, traceId } = this.#checked.exchange
    const dismissal = dismissalOf(signal)
    if (signal.aborted && !dismissal) return this.return()
    if (!dismissal && thrown instanceof AttemptFailure) {
      const partial = await this.#handOver(thrown)
      if (partial) return partial
    }
    const error = dismissal ?? (thrown instanceof AttemptFailure ? thrown.error : asGatewayError(thrown))
    if (error.code === 'internal') engine.log.error({ err: error.cause, trace_id: traceId }, 'internal error')
    await this.#end(error, dismissal || !(thrown instanceof AttemptFailure) ? null : thrown.failure)
    return { done: false, value: this.#writer.error(error) }
  }

  /** Where the task wants it, what came of a broken answer is an answer, and its end says that it is incomplete. Null when it is to be an error. */
  async #handOver(failure: AttemptFailure): Promise<IteratorResult<Out, void> | null> {
    const { exchange, decision } = this.#checked
    if (decision.partial !== 'return' || !failure.isOfDeployment) return null
    const end = this.#answer.interrupt()
    if (!end) return null
    this.#close()
    if (!exchange.flags.includes('incomplete')) exchange.flags.push('incomplete')
    try {
      await this.#settle('incomplete', failure.error, failure.failure)
    } catch {
      return null
    }
    return { done: false, value: this.#writer.end(end) }
  }

  /** The caller left. Where nobody waits for the next piece, nobody would notice. */
  handleEvent(): void {
    if (this.#wanted || this.#over) return
    this.#epitaph = dismissalOf(this.#checked.exchange.signal)
    void (this.#epitaph ? this.#end(this.#epitaph) : this.return())
  }

  async #end(error: GatewayError, failure: FailureClass | null = null): Promise<void> {
    this.#close()
    await this.#settle('incomplete', error, failure).catch(() => undefined)
  }

  /** Ends the stream if nobody took anything since it was last looked at. */
  lookAtReader(): void {
    const idle = !this.#wanted && this.#taken === 0
    this.#taken = 0
    if (!idle) return
    this.#epitaph = new GatewayError('client_closed', 'Nobody read this stream for some minutes, so it was ended.')
    void this.return()
  }

  #last(): IteratorResult<Out, void> {
    const error = this.#epitaph
    this.#epitaph = null
    return error ? { done: false, value: this.#writer.error(error) } : DONE
  }

  #close(): void {
    this.#over = true
    this.#checked.exchange.signal.removeEventListener('abort', this)
    unread.remove(this)
    this.#answer.abort()
  }

  #settle(
    status: AttemptStatus & ('completed' | 'incomplete' | 'client_gone'),
    error: GatewayError | null,
    failure: FailureClass | null = null,
    summary: AnswerSummary = this.#answer.summary,
  ): Promise<void> {
    const { exchange, executed } = this.#checked
    // The row of an answer that broke before anybody saw it was written then.
    if (executed.isBroken) return exchange.settle({ status, error, answered: null })
    const answered = executed.running.close(status, error?.code ?? null, summary, true, failure)
    return exchange.settle({ status, error, answered })
  }
}

/** Streams that somebody may have forgotten. */
const unread = new Rounds<SettledStream<unknown>>(READER_PATIENCE_MS, (stream) => stream.lookAtReader(), false)

/** A caller who left is told nothing; one whom the gateway sends away is told why. */
function dismissalOf(signal: LeaveSignal): GatewayError | null {
  const reason: unknown = signal.aborted ? signal.reason : null
  return reason instanceof GatewayError ? reason : null
}

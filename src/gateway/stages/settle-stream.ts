import { asGatewayError, type GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerPiece, StreamedAnswer } from '../../execution/answer.ts'
import { AttemptFailure } from '../../execution/attempt-failure.ts'
import type { UsageStatus } from '../../storage/contracts/ledger-store.ts'
import type { Checked } from '../stages.ts'

/** What a face writes of a stream: its pieces, then either its end or an error in its own format. */
export interface StreamWriter<Out> {
  piece(piece: AnswerPiece): Out
  /** The end of a good stream, with the success marker. */
  end(tail: AnswerPiece | null): Out
  /** An error after the first byte: no success marker follows. */
  error(error: GatewayError): Out
}

/**
 * The body of a streamed reply. It settles the exchange exactly once, however it closes: before the end is written when the answer is
 * whole, and at once when the upstream breaks, the ledger fails, or the reader goes away.
 */
export async function* settledStream<Out>(
  checked: Checked,
  answer: StreamedAnswer,
  writer: StreamWriter<Out>,
): AsyncGenerator<Out, void, void> {
  const { exchange, executed } = checked
  const settle = (status: UsageStatus & ('completed' | 'incomplete' | 'client_gone'), error: GatewayError | null) =>
    exchange.settle({
      status,
      error,
      answered: executed.running.close(status, error?.code ?? null, answer.summary, true),
    })
  try {
    for (let piece = await answer.read(); piece; piece = await answer.read()) yield writer.piece(piece)
    const tail = answer.tail()
    await settle('completed', null)
    yield writer.end(tail)
  } catch (thrown) {
    const error = thrown instanceof AttemptFailure ? thrown.error : asGatewayError(thrown)
    if (exchange.signal.aborted) return
    await settle('incomplete', error).catch(() => undefined)
    yield writer.error(error)
  } finally {
    answer.abort()
    // A reader that went away ends the generator here; after a settled end this changes nothing.
    await settle('client_gone', null).catch(() => undefined)
  }
}

import type { CanonicalResponse, FinishReason } from '../canonical/response.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import type { Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../errors/gateway-error.ts'

/** Finds the fault of a whole answer; null when it has none. */
export type AnswerCheck = (response: CanonicalResponse) => GatewayError | null

/** What is known of an answer, as far as money and records need it; grows while the answer streams. */
export interface AnswerSummary {
  /** The upstream's own name of the model. */
  readonly model: string | null
  readonly usage: Usage | null
  readonly finishReason: FinishReason | null
  /** Approximate bytes of generated text, to estimate the output when the provider says nothing. */
  readonly outputBytes: number
  /** Events with content; 0 for an answer in one piece. */
  readonly contentEvents: number
  readonly toolCalls: number
  /** What the meter counted; null when none ran. */
  readonly metered: Usage | null
  /** Whether the answer was ended here because there was no more money for it. */
  readonly cut: boolean
}

/** What the summary of an answer in one piece says about its coming. */
export const NOT_STREAMED = { contentEvents: 0, metered: null, cut: false } as const satisfies Partial<AnswerSummary>

/** What is known of an answer that never came, when the provider counted something all the same; null when it did not. */
export function countedOnly(usage: Usage | undefined): AnswerSummary | null {
  if (!usage) return null
  return { model: null, usage, finishReason: null, outputBytes: 0, toolCalls: 0, ...NOT_STREAMED }
}

/** A piece of a streamed answer: the upstream's own bytes when relayed, events when translated. */
export type AnswerPiece =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'events'; readonly events: readonly StreamEvent[] }

/**
 * A streamed answer, pulled piece by piece. Its last part (finish reason, usage, success marker) is withheld in `tail`,
 * so that the books can be closed before the caller sees the end.
 */
export interface StreamedAnswer {
  readonly kind: 'stream'
  readonly summary: AnswerSummary
  /** The next piece, or null when the answer is whole. Rejects with AttemptFailure when it was cut or went wrong. */
  read(): Promise<AnswerPiece | null>
  /** What follows the last piece. Only after `read` gave null. */
  tail(): AnswerPiece | null
  /**
   * What ends an answer that broke, marked as incomplete. Only after `read` rejected. Null when nothing was said, or a tool call had begun: half of what a
   * tool is asked to do must not be done.
   */
  interrupt(): AnswerPiece | null
  /** Stops the upstream; safe at any time. */
  abort(): void
}

/** An answer that came in one piece. */
export interface WholeAnswer {
  readonly kind: 'whole'
  readonly summary: AnswerSummary
  readonly response: CanonicalResponse
  /** The upstream's own bytes, when they are fit to be relayed. */
  readonly bytes: Buffer | null
}

/** What a deployment gave. */
export type Answer = StreamedAnswer | WholeAnswer

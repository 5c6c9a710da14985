import type { JsonValue } from '../lib/json.ts'
import type { WallOutcome } from './step.ts'
import type { WallDialect } from './wire-request.ts'

/** One request the wall received, and what became of it: the provider's side of the story. Times are Unix milliseconds. */
export interface WallCall {
  readonly id: string
  /** Counts from 1. */
  readonly number: number
  /** Null for paths that are no model call. */
  readonly dialect: WallDialect | null
  readonly method: string
  readonly path: string
  /** Lower-case names; keys included. */
  readonly headers: Readonly<Record<string, string>>
  /** The key it came with, from `authorization` or `x-api-key`. */
  readonly key: string | null
  readonly rawBody: string
  /** The body as JSON; undefined when it is not. */
  readonly body: JsonValue | undefined
  readonly model: string | null
  readonly stream: boolean
  /** The name of the plan it was answered under. */
  readonly plan: string | null

  readonly outcome: WallOutcome
  /** Whether every byte of a good answer was written before the peer left. */
  readonly completed: boolean
  readonly status: number | null
  /** The answer's id, as the peer saw it. */
  readonly responseId: string | null
  /** The provider's usage object, once a whole answer was given. */
  readonly usage: JsonValue
  /** What the provider bills. */
  readonly billed: { readonly inputTokens: number; readonly outputTokens: number }

  /** Events of the stream written so far. */
  readonly events: number
  /** Of these, pieces of the answer. */
  readonly contentEvents: number
  /** How many content events had been written when the peer left; null when it did not. */
  readonly abortedAtEvent: number | null
  readonly bytesWritten: number
  /** The most bytes that waited in this process because the peer read slowly. */
  readonly mostBufferedBytes: number
  /** How often writing stopped until the peer had read. */
  readonly drains: number

  readonly receivedAt: number
  readonly firstByteAt: number | null
  readonly endedAt: number | null
}

/*
 * What a reply means, read plainly: as somebody would who knows the vendor's documentation and has the whole reply in front of them.
 *
 * This is the other opinion that the gateway is held against, so it shares nothing with the gateway's own decoders: whole texts instead of
 * state machines, no canonical model, no cleverness about bytes. The recorded response and the reply that the client got through
 * the gateway are both read this way, each by the reader of its own format.
 */
import type { JsonValue } from '../../src/lib/json.ts'

/** A tool call. Arguments are the JSON value, or the text where it is not JSON. */
export interface CallMeaning {
  readonly id: string
  readonly name: string
  readonly arguments: JsonValue
}

/** One answer. */
export interface ChoiceMeaning {
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly calls: readonly CallMeaning[]
  /** Blocks that only their own format knows (hosted tools, sealed reasoning), as written. */
  readonly foreign: readonly JsonValue[]
  /** The finish reason in the words of the format; null when none came. */
  readonly finish: string | null
  /** The stop text that was hit, where the host names it. */
  readonly stopText: string | null
}

/** Tokens; null where the reply does not say. */
export interface UsageMeaning {
  /** The whole prompt. */
  readonly input: number | null
  /** Everything generated, reasoning included. */
  readonly output: number | null
  /** The part of the prompt that a cache served. */
  readonly cached: number | null
  /** The part of the output that is reasoning. */
  readonly reasoning: number | null
}

/** An error, wherever in a reply it was. */
export interface ErrorMeaning {
  readonly status: number
  /** The most telling word that is not a number. */
  readonly code: string | null
  readonly message: string
}

/** A whole reply. */
export interface Meaning {
  readonly status: number
  readonly model: string | null
  /** None when the reply is no answer at all. */
  readonly choices: readonly ChoiceMeaning[]
  readonly usage: UsageMeaning | null
  readonly error: ErrorMeaning | null
  /** Null when the reply is no stream. */
  readonly stream: StreamMeaning | null
}

/** How a stream ended. */
export interface StreamMeaning {
  /** Whether the format's own sign says that the answer is whole. */
  readonly complete: boolean
  /** How often the success marker came (`[DONE]`, `message_stop`). */
  readonly markers: number
  /** Whether the marker was the last event. */
  readonly markerIsLast: boolean
}

/** A reply's bytes and what HTTP says of them. */
export interface PlainReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** The body itself, for formats that are not text. */
  readonly bytes?: Buffer
}

/** Whether a reply is an event stream. */
export function isStream(reply: PlainReply): boolean {
  return reply.contentType.startsWith('text/event-stream')
}

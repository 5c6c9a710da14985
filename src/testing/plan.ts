import type { JsonObject } from '../lib/json.ts'
import type { Fault } from './fault.ts'
import type { RawReply } from './raw-reply.ts'

/** A tool call the wall makes. */
export interface PlannedToolCall {
  /** Default: made from the call's number. */
  readonly id?: string
  readonly name: string
  /** JSON text, sent exactly as written, even when it is not JSON; or a value, which is then written as JSON. */
  readonly arguments: string | JsonObject
}

/** Reasoning before the answer. */
export interface PlannedReasoning {
  readonly text: string
  /** Anthropic: the block's signature. Default: one made from the text. */
  readonly signature?: string
  /** Anthropic: the block is redacted, and this is its data; the text is then not shown. */
  readonly redacted?: string
  /** OpenAI-like hosts: the field it is in. Default `reasoning_content`. */
  readonly field?: 'reasoning_content' | 'reasoning'
}

/**
 * What the wall does with one call. An empty plan is a plain good answer, made from the request: the same request gets the
 * same answer.
 */
export interface Plan {
  /** A name for the log. */
  readonly name?: string

  /** The answer's text. Default: a sentence made from the request; JSON when JSON was asked for. */
  readonly text?: string
  /** Instead of `text`: so many tokens of filler. */
  readonly tokens?: number
  readonly reasoning?: string | PlannedReasoning
  readonly toolCalls?: readonly PlannedToolCall[]
  /**
   * How streamed calls are cut up: one after another (default), arguments of all calls in turns, without the `index`
   * field (OpenAI-like hosts that forget it), or each call in one event.
   */
  readonly toolCallStyle?: 'in-order' | 'interleaved' | 'without-index' | 'whole'
  /** The model says that it will not; in place of text. */
  readonly refusal?: string
  /** Fields of the provider's own usage object, laid over the counted ones. */
  readonly usage?: JsonObject
  /** The service tier that the reply names. Default: the provider's ordinary one. */
  readonly serviceTier?: string
  /** The model name in the reply. Default: the one asked for. */
  readonly model?: string
  /** The answer's id. Default: one made from the call's number. */
  readonly id?: string
  /** In the provider's own words: `content_filter`, `pause_turn`. Default: what happened. */
  readonly finishReason?: string
  /** Headers of the reply, over the usual ones. */
  readonly headers?: Readonly<Record<string, string>>

  /** How text is cut into events: the pieces themselves, or so many tokens each. Default: one token. */
  readonly chunks?: readonly string[] | number
  /** Pause before the reply's headers, in milliseconds. */
  readonly firstByteDelayMs?: number
  /** Pause between the headers and the first content, in milliseconds. */
  readonly firstTokenDelayMs?: number
  /** Pause before every later content event, in milliseconds. */
  readonly betweenEventsMs?: number
  /** During pauses and silences, a comment every so many milliseconds: a sign of life without content. */
  readonly commentEveryMs?: number

  /** How it goes wrong; several may go together. */
  readonly fault?: Fault | readonly Fault[]
  /** What goes wrong does so for the first so many calls of the model; later ones get the same answer without faults and delays. */
  readonly times?: number
  /** The same for so many milliseconds from the model's first call. */
  readonly forMs?: number
  /** The bill runs on when the peer leaves: the whole answer is billed. Default: it ends there. */
  readonly billsAfterAbort?: boolean

  /** Bytes to send as they are, instead of everything above but the delays. */
  readonly raw?: RawReply
}

import type { CallExtras } from '../canonical/call-extras.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest, ReasoningRequest } from '../canonical/request.ts'
import type { CanonicalResponse, CutReason, FinishReason } from '../canonical/response.ts'
import type { StreamError, StreamEvent } from '../canonical/stream-event.ts'
import type { Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { JsonObject, JsonValue } from '../lib/json.ts'
import type { TopLevelEdits } from '../lib/json-edit.ts'
import type { SseEvent } from '../lib/sse.ts'

/**
 * A wire format: one folder with the same file names in each (`request response stream error relay index`).
 * Everything that knows a vendor's field names lives behind this interface.
 */
export interface Dialect {
  readonly name: DialectName
  /** What is asked for in it. Default `chat`. */
  readonly operation?: Operation
  /** Absent in formats that cannot count. */
  readonly counting?: Counting
  /** The content type of its streams. Default `text/event-stream`. */
  readonly streamType?: string
  /** The upstream path below the provider's base URL: `/chat/completions`, `/v1beta/models/gemini-2.5-pro:generateContent`. */
  pathOf(call: PathAsk): string

  /**
   * The wire request as the canonical one. `asked` is what the URL says, in formats that say it there (a Gemini path names the model and
   * whether to stream); it counts more than the body. Throws GatewayError `invalid_request` with the field's path.
   */
  decodeRequest(body: JsonObject, asked?: PathAsk): CanonicalRequest
  /** The canonical request as this wire format; what cannot be said is listed, never lost in silence. */
  encodeRequest(request: CanonicalRequest, target: EncodeTarget): EncodedRequest
  /** The paths of what a caller wrote inside a request that `decodeRequest` does not read; absent in formats that nobody calls in. */
  unreadIn?(body: JsonObject): readonly string[]

  /** What the request asks for that changes its price: service tier, place, tools that the provider runs. */
  priceAsks(request: CanonicalRequest): CallExtras

  /** A whole JSON answer. Throws GatewayError `upstream_invalid_response` when it is not one. */
  decodeResponse(body: JsonValue): CanonicalResponse
  /** `request` is what was asked, where the form of an answer depends on it. */
  encodeResponse(response: CanonicalResponse, request?: CanonicalRequest): JsonObject

  /** A fresh decoder for one upstream stream. */
  streamDecoder(): StreamDecoder
  /** A fresh encoder for one reply stream. */
  streamEncoder(options: StreamEncoderOptions): StreamEncoder

  /** The provider's error reply, whatever its shape (JSON, HTML, empty). Never throws. */
  decodeError(status: number, body: string): StreamError
  /** Our error in this dialect's envelope. */
  encodeError(error: GatewayError): JsonObject
  /** Our error as in-band SSE text; the stream ends after it, without a success marker. */
  encodeStreamError(error: GatewayError): string

  /**
   * The edits that make the caller's own bytes fit this upstream, for when the inbound dialect is this one and nothing else changed.
   * Null when top-level edits cannot do it (a `cache_key` inside a message, a role the host does not know): then the call is translated.
   */
  relayEdits(body: JsonObject, ask: RelayAsk): TopLevelEdits | null
  /** A fresh scanner that watches one relayed stream without parsing what needs no meaning. */
  relayScanner(options: RelayOptions): RelayScanner
}

/** The two things that models are asked for: words or vectors. */
export type Operation = 'chat' | 'embeddings'

/** How a format counts a prompt without running it. */
export interface Counting {
  /** The upstream path below the provider's base URL. */
  pathOf(call: PathAsk): string
  /** The body of the call that a caller wants counted, from what was sent to the counting address. */
  callIn(body: JsonObject): JsonObject
  /** What asks for the count of a call, from that call's own body in this format. */
  question(body: JsonObject, model: string): JsonObject
  /** The tokens that the provider counted; null when its reply says none. */
  tokensIn(reply: JsonValue): number | null
  /** The reply to a caller. */
  answer(tokens: number): JsonObject
}

/** What a URL may have to say, where the body does not. */
export interface PathAsk {
  /** The upstream's model name, or in an inbound URL the caller's; not encoded. */
  readonly model: string
  readonly stream: boolean
}

/** What the encoder must know of the deployment it writes for. */
export interface EncodeTarget {
  /** The upstream's model name. */
  readonly model: string
  readonly quirks: Quirks
  /** The format that the caller wrote; absent for calls of the library. */
  readonly caller?: DialectName | undefined
  /** Key for provider-side prompt caching, already bound to the tenant; written where the host understands one. */
  readonly promptCacheKey?: string | undefined
}

/** What a relayed request must say differently from what the caller wrote. */
export interface RelayAsk extends EncodeTarget {
  /** Set when policy gives or clamps the output cap. */
  readonly maxOutputTokens?: number | undefined
  /** In a stream: whether we need the usage event, whatever the caller asked. */
  readonly needUsage: boolean
  /** Top-level fields that are Headgate's own (`documents`) and entries of `metadata` that were read as context. */
  readonly remove: readonly string[]
  readonly removeMetadata: readonly string[]
}

/** Ways in which hosts of one dialect differ. All optional; absent means the dialect's own documentation. */
export interface Quirks {
  /** The field that caps the output. Default `max_completion_tokens` for OpenAI itself, `max_tokens` for hosts like it. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  /** Whether `stream_options.include_usage` is understood. Default true. */
  readonly streamUsage?: boolean
  /** Whether `prompt_cache_key` is understood. Default false. */
  readonly promptCacheKey?: boolean
  /** Whether the role `developer` is understood. Default false: it becomes `system`. */
  readonly developerRole?: boolean
  /** Whether reasoning of earlier turns is accepted back, and in which field. Default: left out. */
  readonly reasoningField?: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'thinking'
  /** Whether tool calls may come back with `extra_content`, where Google's own endpoints of this format put signatures. Default false: it is left out. */
  readonly extraContent?: boolean
  /** The only words for how much to think; another one is written as the nearest of them. Default: every word of the dialect. */
  readonly efforts?: readonly NonNullable<ReasoningRequest['effort']>[]
  /** The field for the seed. Default `seed`. */
  readonly seedField?: 'seed' | 'random_seed'
  /** Whether ids of tool calls must be exactly nine letters and digits. Default false: any text. */
  readonly nineLetterIds?: boolean
  /** Whether files go as `document_url` parts, which hold an address or a data URL. Default false: as `file` parts. */
  readonly documentUrls?: boolean
  /** Whether a last message of the assistant, which the answer continues, must say `prefix: true`. Default false. */
  readonly prefixFlag?: boolean
  /** Whether messages may name who speaks. Default true. */
  readonly messageNames?: boolean
  /** Whether `top_k` is understood, which OpenAI itself does not have. Default false: it is dropped and reported. */
  readonly topK?: boolean
  /** Most stop texts accepted; more are refused by name. Default 4 for OpenAI-like hosts, no limit for Anthropic. */
  readonly maxStops?: number
  /** Top-level fields that the host rejects; they are dropped and reported. */
  readonly rejects?: readonly string[]
  /** Output cap to write where the dialect demands one and the caller gave none. Default 4096. */
  readonly defaultMaxTokens?: number
  /** Anthropic's format in a cloud: the version stands in the body, as `anthropic_version`, and the model in the address alone. */
  readonly versionInBody?: string
}

/** A request in a wire format. */
export interface EncodedRequest {
  readonly body: JsonObject
  /** Paths in the caller's words of what this format cannot say: `seed`, `messages[3].content[0]`. */
  readonly dropped: readonly string[]
}

/** A small state machine over one upstream's server-sent events. */
export interface StreamDecoder {
  /** The meaning of one event; none for comments, pings and noise. A malformed event is skipped and counted. */
  push(event: SseEvent): readonly StreamEvent[]
  /**
   * To be called at the end of the upstream's bytes: closes open blocks.
   * Gives no `message-end` unless the protocol's own sign of completion was seen.
   */
  end(): readonly StreamEvent[]
  /** Events that could not be understood so far. */
  readonly malformed: number
}

/** What a reply stream needs to know before its first event. */
export interface StreamEncoderOptions {
  /** The id of the answer when the upstream gave none. */
  readonly id: string
  /** The model name when the upstream gave none. */
  readonly model: string
  /** Whether the caller asked for the usage event (OpenAI; others always send it). */
  readonly includeUsage: boolean
}

/** Writes canonical events as this format's SSE text. */
export interface StreamEncoder {
  /** SSE text for one event, possibly empty. `message-end` writes nothing yet: usage may still come. */
  push(event: StreamEvent): string
  /** The end of a good stream: finish, usage and the success marker. */
  end(): string
}

/** How a stream is relayed. */
export interface RelayOptions {
  /** False when usage was switched on for our own sake: usage events are then taken out of what the caller sees. */
  readonly keepUsage: boolean
  /** How many answers were asked for; default 1. With more, the stream is complete when all of them are. */
  readonly choices?: number
}

/**
 * What one frame of a relayed stream is:
 * `quiet` nothing of the answer (comment, ping, role, empty delta) · `content` part of the answer ·
 * `finish` the answer's end or something after it (finish reason, usage, success marker): withheld until settled ·
 * `error` an in-band error: never passed on as it is.
 */
export type FrameKind = 'quiet' | 'content' | 'finish' | 'error'

/** Watches a relayed stream frame by frame, and remembers what settlement needs. */
export interface RelayScanner {
  /**
   * One complete SSE frame, with its blank line. `bytes` is what to pass on: the frame itself (the same object, when
   * untouched), an edited copy, or null when the caller must not see it.
   */
  scan(frame: Buffer): { readonly kind: FrameKind; readonly bytes: Buffer | null }
  /**
   * To be called at the end of the upstream's bytes: the success marker that a whole answer came without and the caller
   * waits for; null when it came, or when the answer is not whole.
   */
  end(): Buffer | null
  /**
   * What ends the answer where it is now, in this format's words, as one that reached its cap (`length`, the default) or broke on its way: open blocks
   * are closed, the finish says why, the usage is told to who waits for it, the last marker comes last. Changes nothing.
   */
  cutShort(usage: Usage, why?: CutReason): Buffer
  /** What was learned so far: one object that lives as long as the scanner. */
  readonly seen: RelaySummary
}

/** What a relayed stream said, as far as money and records need it. */
export interface RelaySummary {
  readonly model?: string
  readonly usage?: Usage
  readonly finishReason?: FinishReason
  readonly rawFinishReason?: string
  readonly error?: StreamError
  /** Whether the protocol's sign of completion came: only then is the stream whole. */
  readonly complete: boolean
  /** Approximate bytes of generated text so far, to estimate output when no usage comes. */
  readonly outputBytes: number
  /** Tool calls that have begun. */
  readonly toolCalls: number
}

/** The same while it grows. */
export type GrowingSummary = { -readonly [Name in keyof RelaySummary]: RelaySummary[Name] }

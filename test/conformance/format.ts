import type { DialectName } from '../../src/canonical/dialect-name.ts'
import type { Quirks } from '../../src/dialects/dialect.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { ChoiceMeaning, Meaning, PlainReply } from './meaning.ts'
import type { RecordedResponse } from './recordings.ts'

/**
 * Why an answer ended, in words that all formats share; any other word is one that nobody knows, and passes through every format as it is.
 * `calls` waits for tools · `filter` is safety or a refusal · `context` is a full window.
 */
export type Ending = 'stop' | 'stop-sequence' | 'length' | 'context' | 'calls' | 'filter' | 'pause' | (string & {})

/** What the conformance run knows of one wire format. */
export interface Format {
  readonly dialect: DialectName
  /** The names that recordings give it. */
  readonly apis: readonly string[]
  /** The provider type that stands for hosts that Headgate has no file for. */
  readonly provider: string
  /** Whether base URLs of its providers end with `/v1`; default is the bare origin. */
  readonly versionedBase?: boolean
  /** What its provider's settings need beside a key and an address. Default: nothing. */
  readonly settings?: Readonly<Record<string, string>>
  /** What a model of it needs in the settings. Default: nothing. */
  readonly model?: { readonly api: 'chat' | 'responses' }
  /** A recorded reply as it went over the wire, where recordings may hold it otherwise. Default: as it was recorded. */
  asSent?(recorded: RecordedResponse): RecordedResponse
  /** What a reply means. */
  read(reply: PlainReply): Meaning
  /** The ending of an answer, from its finish word and what else it says. */
  ending(choice: ChoiceMeaning): Ending
  /** How callers speak it; null where nobody calls Headgate in it. */
  readonly client: Client | null
  /** How callers have prompts counted in it; absent where it cannot count. */
  readonly counting?: CountingClient
}

/** A format as callers of Headgate use it. */
export interface Client {
  path(model: string, stream: boolean): string
  /** The least that can be asked. */
  minimal(model: string, stream: boolean): JsonObject
  /** Whether the body leaves it to the address to name the model and to ask for a stream. */
  readonly asksByAddress?: boolean
  /** Whether the caller of a stream is owed usage. Default: always. */
  isOwedUsage?(body: JsonObject): boolean
  /** An ending in this format's word. */
  word(ending: Ending): string
  /** Whether a refusal has no place of its own and is told as text. */
  readonly refusalIsText: boolean
  /** When arguments that are no JSON object reach the caller as `{ "_raw": text }`. */
  readonly rawArguments: 'never' | 'whole-answers' | 'always'
  /** For writing recorded requests of other formats in this one. */
  readonly quirks: Quirks
  /** The reply's end is a success marker of its own; default true. Without one (Gemini), the finish reason ends the stream. */
  readonly hasMarker?: boolean
}

/** A format's counting of tokens, as callers use it. */
export interface CountingClient {
  /** The name that recordings give it. */
  readonly api: string
  path(model: string): string
  /** What asks for the count of a call, from that call's body. */
  question(body: JsonObject, model: string): JsonObject
  /** The call in what was asked. */
  callIn(body: JsonObject): JsonObject
  /** The number in a reply; null when there is none. */
  tokensIn(reply: JsonObject): number | null
}

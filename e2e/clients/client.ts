/*
 * Real SDKs behind one small face, so that one suite can put the same questions through all of them. A client keeps its conversation in its
 * library's own objects and sends them back the way its library's users do; nothing here repairs what a library loses.
 */
import type { DialectName } from '../../src/canonical/dialect-name.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Upstream } from '../all-upstreams.ts'

/** Context that every call has, where nothing else names it. */
export const HEADERS = { 'x-headgate-feature': 'e2e' }

/** A function that the model may call. */
export interface ClientTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of an object. */
  readonly parameters: JsonObject
}

/** A picture as bytes in base64, or an address. */
export type Picture = { readonly base64: string } | { readonly url: string }

/** What all calls of a conversation have. */
export interface TalkOptions {
  /** The gateway, without a path. */
  readonly url: string
  readonly tools?: readonly ClientTool[]
  /** The answer is to be JSON of this schema. */
  readonly schema?: JsonObject
  /** Whether the model is asked to think. */
  readonly thinks?: boolean
}

/** One call. */
export interface Ask {
  /** The name of an upstream. */
  readonly model: string
  readonly stream?: boolean
  readonly signal?: AbortSignal
  /** Hears every piece of text of a stream. */
  readonly onText?: (piece: string) => void
}

/** A tool call as the library told it. */
export interface HeardCall {
  readonly id: string
  readonly name: string
  readonly arguments: unknown
}

/** An answer as the library told it. */
export interface Heard {
  readonly text: string
  readonly calls: readonly HeardCall[]
  /** In the library's words. */
  readonly finish: string | null
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the reply. */
  readonly headers: Headers
}

/** A conversation; answers become a part of it. */
export interface Talk {
  say(text: string, picture?: Picture): void
  giveResults(results: readonly (HeardCall & { readonly result: string })[]): void
  /** Asks for the next answer. Rejects as the library does. */
  hear(ask: Ask): Promise<Heard>
}

/** What a library says of an error reply. */
export interface Failure {
  /** The error's class, and whether it is the one for this status. */
  readonly own: boolean
  readonly status: number | undefined
  readonly retryAfter: string | null | undefined
}

/** One library in one wire format. */
export interface SdkClient {
  readonly title: string
  /** The format that it speaks. */
  readonly dialect: DialectName
  /** Its words for a finished answer, and for one that ends with tool calls. */
  readonly finishes: { readonly stop: string; readonly calls: string }
  /** Whose seals its library sends back, given its own objects. */
  readonly carries: readonly NonNullable<Upstream['sealer']>[]
  /** Whether its library asks for JSON by a tool that must be called, of models that it does not know. */
  readonly asksByTool?: boolean
  talk(options: TalkOptions): Talk
  failure(thrown: unknown, status: number): Failure
}

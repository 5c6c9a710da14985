import type { JsonObject } from '../lib/json.ts'
import type { Fault } from './fault.ts'
import type { WallAnswer } from './wall-answer.ts'
import type { IdPrefix, WallDialect, WireRequest } from './wire-request.ts'

/**
 * One event of a streamed answer: `open` before the content of a block, `content` a piece of the answer, `close` the end of a block or
 * of the answer, `usage` nothing but numbers, `done` the last marker.
 */
export interface Frame {
  readonly kind: 'open' | 'content' | 'close' | 'usage' | 'done'
  /** The event's type, for formats that name it. */
  readonly event?: string
  /** JSON, or the marker's text. */
  readonly data: string
  /** Tokens of the answer in it. */
  readonly tokens: number
}

/** What the address of a model call says; formats differ in what they leave to the body. */
export interface PathSays {
  readonly model?: string
  readonly stream?: boolean
}

/** How a stream's usage is wrong. */
export type BentUsage = Extract<Fault, { kind: 'usage' }>['how']

/** A wire format as the wall reads and writes it; one implementation for each. */
export interface WallWire {
  readonly dialect: WallDialect
  /** What the address of a model call in this format says, whatever stands before it; null for all other addresses. */
  address(path: string): PathSays | null
  /** Reads a request as strictly as the vendor does. Throws BadRequest. */
  read(
    body: JsonObject,
    call: { readonly headers: Readonly<Record<string, string>>; readonly path: string },
  ): WireRequest
  readonly idPrefix: IdPrefix
  /** The header that tells the request's id. */
  readonly requestIdHeader: string
  /** The content type of streams. Default: server-sent events. */
  readonly streamType?: string
  /** An event as bytes, for formats that do not write server-sent events. */
  bytesOf?(frame: Frame): Buffer
  /** The answer as one JSON body. */
  body(answer: WallAnswer): JsonObject
  /** The answer as events, without faults. */
  frames(answer: WallAnswer, includeUsage: boolean): readonly Frame[]
  /** Where a body says its usage. Default `usage`. */
  readonly usageField?: string
  /** The usage object of the whole answer. */
  usage(answer: WallAnswer): JsonObject
  /** What a usage object bills, in tokens. */
  billed(usage: JsonObject): { readonly inputTokens: number; readonly outputTokens: number }
  /** An error reply's body. */
  error(status: number, message: string, code?: string, param?: string | null): JsonObject
  /** An error inside a stream. */
  errorFrame(error: JsonObject): Frame
  /** The usage of a stream, as some hosts get it wrong. */
  bendUsage(frames: readonly Frame[], how: BentUsage): readonly Frame[]
  /** An event that says nothing, as hosts of the format send it; absent where there is none. */
  emptyFrame?(answer: Pick<WallAnswer, 'id' | 'model' | 'created'>): Frame
}

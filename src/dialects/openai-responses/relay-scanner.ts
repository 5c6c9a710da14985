/*
 * Watching a relayed stream.
 *
 * Deltas with a named event, which nearly all frames are, are measured without being parsed; the others are read. What the answer is made of so far
 * is kept, items that are done and the text of the one that runs, because an answer that is cut short has to be told whole at its end.
 */
import type { CutReason } from '../../canonical/response.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { parseSseFrame } from '../../lib/sse.ts'
import type { FrameKind, GrowingSummary, RelayScanner } from '../dialect.ts'
import { type DeltaText, deltaText } from './delta-bytes.ts'
import { errorOfEvent } from './error.ts'
import { decodeFinish } from './finish.ts'
import { RelayedOutput } from './relayed-output.ts'
import { decodeHead } from './response.ts'
import { typeOf } from './stream.ts'
import { decodeUsage } from './usage.ts'

type Scanned = ReturnType<RelayScanner['scan']>

/** A fresh scanner for one relayed stream. Usage is part of its end and always stays. */
export function relayScanner(): RelayScanner {
  return new ResponsesRelayScanner()
}

class ResponsesRelayScanner implements RelayScanner {
  readonly seen: GrowingSummary = { complete: false, outputBytes: 0, toolCalls: 0 }
  readonly #output = new RelayedOutput()
  /** Deltas so far, and how many there were when each item was announced: an item that grew since repeats what was measured. */
  #deltas = 0
  readonly #deltasBefore = new Map<JsonValue, number>()
  #finished = false

  scan(frame: Buffer): Scanned {
    const delta = this.#finished ? null : deltaText(frame)
    return delta ? this.#delta(frame, delta) : this.#read(frame)
  }

  end(): Buffer | null {
    return null
  }

  cutShort(usage: Usage, why: CutReason = 'length'): Buffer {
    return this.#output.cutShort(usage, why)
  }

  #delta(frame: Buffer, { start, end, isText }: DeltaText): Scanned {
    if (start === end) return { kind: 'quiet', bytes: frame }
    this.seen.outputBytes += end - start
    this.#deltas += 1
    this.#output.grow(isText ? { frame, start, end } : null)
    return { kind: 'content', bytes: frame }
  }

  #read(frame: Buffer): Scanned {
    const event = parseSseFrame(frame)
    if (!event || event.data === '') return { kind: 'quiet', bytes: frame }
    if (event.data.trim() === '[DONE]') return { kind: this.#finished ? 'finish' : 'quiet', bytes: frame }
    const data = parseJson(event.data)
    // A broken event would break the caller's parser.
    if (!isObject(data)) return { kind: 'quiet', bytes: null }
    const type = typeOf(event, data)
    const error = errorOfEvent(type, data)
    if (error) {
      this.seen.error ??= error
      this.seen.complete = false
      return { kind: 'error', bytes: null }
    }
    return { kind: this.#finished ? 'finish' : this.#meaning(type, data), bytes: frame }
  }

  #meaning(type: string, data: JsonObject): FrameKind {
    this.#output.note(type, data)
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        if (isObject(data.response)) this.#noteModel(data.response)
        return 'quiet'
      case 'response.completed':
      case 'response.incomplete':
        this.#end(isObject(data.response) ? data.response : {}, type)
        return 'finish'
      case 'response.output_item.added':
        return this.#added(isObject(data.item) ? data.item : {})
      case 'response.output_item.done':
        return this.#done(isObject(data.item) ? data.item : {})
      default:
        return this.#step(type, data)
    }
  }

  #noteModel(response: JsonObject): void {
    const { model } = decodeHead(response)
    if (model !== undefined) this.seen.model ??= model
  }

  /** An empty message or an unspoken thought says nothing yet; a call or a hosted tool at work does. */
  #added(item: JsonObject): FrameKind {
    this.#deltasBefore.set(item.id ?? null, this.#deltas)
    if (item.type === 'message' || item.type === 'reasoning') return 'quiet'
    if (item.type === 'function_call' || item.type === 'custom_tool_call') this.seen.toolCalls += 1
    this.#count(item.name)
    return 'content'
  }

  /** What a host tells only when it is whole is counted then. */
  #done(item: JsonObject): FrameKind {
    if (this.#deltas > (this.#deltasBefore.get(item.id ?? null) ?? this.#deltas)) return 'quiet'
    const texts = [item.arguments, item.input, ...piecesOf(item.content), ...piecesOf(item.summary)]
    return texts.map((text) => this.#count(text)).includes(true) ? 'content' : 'quiet'
  }

  #step(type: string, data: JsonObject): FrameKind {
    if (!type.endsWith('.delta') || !this.#count(data.delta)) return 'quiet'
    this.#deltas += 1
    return 'content'
  }

  #end(response: JsonObject, type: string): void {
    this.#finished = true
    this.#noteModel(response)
    if (isObject(response.usage)) this.seen.usage = decodeUsage(response.usage, response)
    const output = Array.isArray(response.output) && response.output.length > 0 ? response.output : this.#output.items
    const status = type === 'response.incomplete' ? 'incomplete' : 'completed'
    const { finishReason, rawFinishReason } = decodeFinish({ ...response, status, output: [...output] })
    this.seen.finishReason = finishReason
    if (rawFinishReason !== undefined) this.seen.rawFinishReason = rawFinishReason
    this.seen.complete = this.seen.error === undefined
  }

  #count(text: unknown): boolean {
    if (typeof text !== 'string' || text === '') return false
    this.seen.outputBytes += Buffer.byteLength(text)
    return true
  }
}

function piecesOf(pieces: unknown): unknown[] {
  return Array.isArray(pieces) ? pieces.flatMap((piece) => (isObject(piece) ? [piece.text, piece.refusal] : [])) : []
}

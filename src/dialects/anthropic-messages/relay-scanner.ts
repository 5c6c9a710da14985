/*
 * Watching a relayed Messages stream.
 *
 * Nearly all frames are deltas of a block; these are known by their first bytes and measured without being parsed. The few others are
 * read, because they hold the model, the usage and the end. A frame whose data is not whole JSON is kept from the caller,
 * whose SDK would break on it.
 */
import type { CutReason } from '../../canonical/response.ts'
import type { Usage } from '../../canonical/usage.ts'
import { standsAt } from '../../lib/bytes.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { parseSseFrame, sseText } from '../../lib/sse.ts'
import type { FrameKind, RelayScanner, RelaySummary } from '../dialect.ts'
import { errorOfEvent } from './error.ts'
import { decodeFinish, encodeFinish, type Finish } from './stop-reason.ts'
import { encodeUsage, StreamUsage } from './usage.ts'

const DELTA_HEADS = [
  'event: content_block_delta\ndata: {',
  'event: content_block_delta\r\ndata: {',
  'data: {"type":"content_block_delta"',
].map((head) => Buffer.from(head))
/** Where generated text begins in a delta, as Anthropic writes it. */
const TEXT_HEADS = ['"text":"', '"partial_json":"', '"thinking":"'].map((head) => Buffer.from(head))
/** What ends a delta after its text: a quote and two braces. */
const TAIL_BYTES = 3
const LF = 0x0a
const CR = 0x0d
const CLOSING_BRACE = 0x7d

type Writable<Shape> = { -readonly [field in keyof Shape]: Shape[field] }

/** The state of one relayed stream. `seen` is one live object: it is read with every chunk. */
export class AnthropicRelayScanner implements RelayScanner {
  readonly seen: Writable<RelaySummary> = { complete: false, outputBytes: 0, toolCalls: 0 }
  readonly #usage = new StreamUsage()
  /** Indexes of the blocks that have begun and not ended. */
  readonly #open = new Set<JsonValue>()
  #stopped = false

  scan(frame: Buffer): { readonly kind: FrameKind; readonly bytes: Buffer | null } {
    if (this.#stopped) return { kind: 'finish', bytes: frame }
    const start = frame[0] === LF ? 1 : 0
    const end = dataEnd(frame)
    // Two braces end a delta: that of the delta and that of the event.
    const whole = frame[end - 1] === CLOSING_BRACE && frame[end - 2] === CLOSING_BRACE
    if (whole && DELTA_HEADS.some((head) => standsAt(frame, start, head))) {
      const bytes = textBytes(frame, end)
      if (bytes !== null) {
        this.seen.outputBytes += bytes
        return { kind: bytes === 0 ? 'quiet' : 'content', bytes: frame }
      }
    }
    return this.#read(frame)
  }

  end(): Buffer | null {
    return this.seen.complete && !this.#stopped ? Buffer.from(sseText('{"type":"message_stop"}', 'message_stop')) : null
  }

  cutShort(usage: Usage, why: CutReason = 'length'): Buffer {
    const ends = [...this.#open].map((index) => ({ type: 'content_block_stop', index }))
    const delta = encodeFinish({ finishReason: why }, false)
    const events = [...ends, { type: 'message_delta', delta, usage: encodeUsage(usage) }, { type: 'message_stop' }]
    return Buffer.from(events.map((event) => sseText(JSON.stringify(event), event.type)).join(''))
  }

  #read(frame: Buffer): { readonly kind: FrameKind; readonly bytes: Buffer | null } {
    const event = parseSseFrame(frame)
    if (!event || event.data === '' || event.data === '[DONE]') return { kind: 'quiet', bytes: frame }
    const data = parseJson(event.data)
    const error = errorOfEvent(event, data)
    if (error) {
      this.seen.error ??= error
      this.seen.complete = false
      return { kind: 'error', bytes: null }
    }
    if (!isObject(data)) return { kind: 'quiet', bytes: null }
    return { kind: this.#meaning(data.type ?? event.event, data), bytes: frame }
  }

  #meaning(type: unknown, data: JsonObject): FrameKind {
    switch (type) {
      case 'message_start':
        if (isObject(data.message)) {
          this.#usage.start(data.message.usage)
          this.#noteUsage()
          if (typeof data.message.model === 'string') this.seen.model = data.message.model
        }
        return 'quiet'
      case 'content_block_start':
        return this.#started(data)
      case 'content_block_delta':
        return this.#delta(data)
      case 'content_block_stop':
        this.#open.delete(data.index ?? 0)
        return 'quiet'
      case 'message_delta':
        this.#usage.update(data.usage)
        this.#noteUsage()
        if (!isObject(data.delta) || typeof data.delta.stop_reason !== 'string') return 'quiet'
        this.#finish(decodeFinish(data.delta.stop_reason, data.delta.stop_sequence))
        return 'finish'
      case 'message_stop':
        this.#stopped = true
        if (!this.seen.finishReason) this.#finish(decodeFinish(undefined, undefined))
        return 'finish'
      default:
        return 'quiet'
    }
  }

  #noteUsage(): void {
    const usage = this.#usage.current
    if (usage) this.seen.usage = usage
  }

  #finish({ finishReason, rawFinishReason }: Finish): void {
    this.seen.finishReason = finishReason
    if (rawFinishReason !== undefined) this.seen.rawFinishReason = rawFinishReason
    this.seen.complete = this.seen.error === undefined
  }

  /** An empty text or thinking block says nothing yet; a tool call or a hosted tool's block does. */
  #started({ content_block: block, index }: JsonObject): FrameKind {
    if (!isObject(block)) return 'quiet'
    this.#open.add(index ?? 0)
    if (block.type === 'tool_use') this.seen.toolCalls += 1
    if (block.type !== 'text' && block.type !== 'thinking') return 'content'
    return this.#count(block.text) || this.#count(block.thinking) ? 'content' : 'quiet'
  }

  /** A signature, a citation, or a text that was not written as Anthropic writes it. */
  #delta({ delta }: JsonObject): FrameKind {
    if (!isObject(delta)) return 'quiet'
    if (this.#count(delta.text) || this.#count(delta.thinking) || this.#count(delta.partial_json)) return 'content'
    return delta.text === '' || delta.thinking === '' || delta.partial_json === '' ? 'quiet' : 'content'
  }

  #count(text: unknown): boolean {
    if (typeof text !== 'string' || text === '') return false
    this.seen.outputBytes += Buffer.byteLength(text)
    return true
  }
}

/** The position after the frame's last byte that is no line end. */
function dataEnd(frame: Buffer): number {
  let end = frame.length
  while (end > 0 && (frame[end - 1] === LF || frame[end - 1] === CR)) end -= 1
  return end
}

/** Bytes of generated text in a delta, escapes included; null for what must be read. */
function textBytes(frame: Buffer, end: number): number | null {
  for (const head of TEXT_HEADS) {
    const at = frame.indexOf(head)
    if (at !== -1) return Math.max(0, end - TAIL_BYTES - at - head.length)
  }
  return null
}

/*
 * Watches a relayed stream.
 *
 * Nearly every frame of a stream is a few characters of text in three hundred bytes of envelope. Such a frame is never parsed: one
 * walk over its bytes shows that it has no finish reason, no usage and no error, and measures the text of the field that carried
 * text last. A frame is parsed until the first content has come, when that field is not there, when one of the three names has a
 * value, and after the finish.
 *
 * Usage that was switched on for our own sake is taken out again: the chunk that holds nothing else, and `"usage":null` in the others.
 */
import type { CutReason } from '../../canonical/response.ts'
import type { StreamError } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { parseSseFrame, type SseEvent, sseText } from '../../lib/sse.ts'
import type { FrameKind, GrowingSummary, RelayOptions, RelayScanner } from '../dialect.ts'
import { ChunkSurvey, withoutFieldAt, withoutNullUsage } from './chunk-bytes.ts'
import { errorIn, errorOfEvent } from './error.ts'
import { decodeFinish, encodeFinishReason, finishReasonOf } from './finish-reason.ts'
import { CallIndexes } from './relay-call-indexes.ts'
import { carriedBy } from './relay-content.ts'
import { unixSeconds } from './response.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

type Scanned = ReturnType<RelayScanner['scan']>

/** A fresh scanner for one relayed stream. */
export function relayScanner(options: RelayOptions): RelayScanner {
  return new ChatRelayScanner(options)
}

/** A frame shorter than this is no chunk but a marker. */
const SHORTEST_CHUNK = 32
const DATA = Buffer.from('data:')

class ChatRelayScanner implements RelayScanner {
  readonly seen: GrowingSummary = { complete: false, outputBytes: 0, toolCalls: 0 }
  readonly #keepUsage: boolean
  /** Whether several answers run side by side: then every chunk is parsed for its index. */
  readonly #several: boolean
  /** The choices that have not finished. */
  readonly #running: Set<number>
  readonly #finished = new Set<number>()
  readonly #survey = new ChunkSurvey()
  /** The name of the field that carried content last. */
  #field: Buffer | null = null
  /** Whether any content came. */
  #begun = false
  #calledTools = false
  /** Once a call came without its index: then every chunk is parsed. */
  #indexes: CallIndexes | null = null
  /** What every chunk of this answer begins with, for one that we write. */
  #head: JsonObject | null = null
  #done = false

  constructor(options: RelayOptions) {
    const choices = options.choices ?? 1
    this.#keepUsage = options.keepUsage
    this.#several = choices > 1
    this.#running = new Set()
    for (let index = 0; index < choices; index += 1) this.#running.add(index)
  }

  scan(frame: Buffer): Scanned {
    if (this.#isPlain(frame)) {
      const { textBytes, nullUsageAt } = this.#survey
      this.seen.outputBytes += textBytes
      const untouched = this.#keepUsage || nullUsageAt === -1
      return { kind: 'content', bytes: untouched ? frame : withoutFieldAt(frame, nullUsageAt) }
    }
    const event = parseSseFrame(frame)
    if (!event || event.data === '') return { kind: 'quiet', bytes: harmless(frame) }
    if (isDone(event.data)) return this.#doneMarker(frame)
    return this.#event(event, frame)
  }

  end(): Buffer | null {
    const { complete, error } = this.seen
    return complete && !error && !this.#done ? Buffer.from(sseText('[DONE]')) : null
  }

  cutShort(usage: Usage, why: CutReason = 'length'): Buffer {
    const head = this.#head ?? headOf({})
    const finish = encodeFinishReason(why, undefined)
    const choices = [...this.#running].map((index) => ({ index, delta: {}, logprobs: null, finish_reason: finish }))
    const told = this.#keepUsage ? [{ ...head, choices: [], usage: encodeUsage(usage) }] : []
    const chunks = [{ ...head, choices }, ...told].map((chunk) => sseText(JSON.stringify(chunk)))
    return Buffer.from(`${chunks.join('')}${sseText('[DONE]')}`)
  }

  /** Whether a frame carries content and nothing else that matters, so that it need not be parsed. */
  #isPlain(frame: Buffer): boolean {
    if (
      this.#field === null ||
      this.#several ||
      this.#indexes !== null ||
      this.#ending ||
      frame.length < SHORTEST_CHUNK
    )
      return false
    for (let at = 0; at < DATA.length; at += 1) if (frame[at] !== DATA[at]) return false
    return this.#survey.read(frame, this.#field)
  }

  get #ending(): boolean {
    return this.#done || this.#running.size === 0
  }

  #doneMarker(frame: Buffer): Scanned {
    this.#done = true
    if (this.#begun || this.#finished.size > 0) {
      this.seen.complete = true
      this.seen.finishReason ??= this.#calledTools ? 'tool-calls' : 'stop'
    }
    return { kind: 'finish', bytes: frame }
  }

  #event(event: SseEvent, frame: Buffer): Scanned {
    if (event.event === 'error') return this.#fail(errorOfEvent(event.data))
    const chunk = parseJson(event.data)
    // A broken chunk would break the caller's parser.
    if (!isObject(chunk)) return { kind: 'quiet', bytes: null }
    const error = errorIn(chunk)
    if (error) return this.#fail(error)
    return this.#chunk(chunk, frame)
  }

  #fail(error: StreamError): Scanned {
    this.seen.error = error
    return { kind: 'error', bytes: null }
  }

  #chunk(chunk: JsonObject, frame: Buffer): Scanned {
    const { model } = chunk
    this.#head ??= headOf(chunk)
    if (this.seen.model === undefined && typeof model === 'string' && model !== '') this.seen.model = model
    let first: JsonObject | undefined
    let saysNoUsage = chunk.usage === null
    let kind: FrameKind = 'quiet'
    if (Array.isArray(chunk.choices)) {
      for (const choice of chunk.choices) {
        if (!isObject(choice)) continue
        first ??= choice
        if (choice.usage === null) saysNoUsage = true
        if (this.#choice(choice)) kind = 'content'
      }
    }
    const usage = this.#noteUsage(chunk, first)
    if (this.#ending) kind = 'finish'
    if (usage && first === undefined && !this.#keepUsage) return { kind, bytes: null }
    const whole = this.#withIndexes(chunk) ?? frame
    return { kind, bytes: saysNoUsage && !this.#keepUsage ? withoutNullUsage(whole) : whole }
  }

  /** The frame with the indexes of its tool calls; null when none is missing. */
  #withIndexes(chunk: JsonObject): Buffer | null {
    if (!this.#calledTools) return null
    const indexes = this.#indexes ?? new CallIndexes()
    const completed = indexes.completed(chunk)
    if (!completed) return null
    this.#indexes = indexes
    return Buffer.from(sseText(JSON.stringify(completed)))
  }

  /** Takes one choice of a chunk in; true when it carries content. */
  #choice(choice: JsonObject): boolean {
    const index = typeof choice.index === 'number' ? choice.index : 0
    const carried = carriedBy(choice)
    if (carried.content) {
      this.#begun = true
      this.seen.outputBytes += carried.bytes
      this.#field = carried.field
      if (carried.call) this.#calledTools = true
      this.seen.toolCalls += carried.calls
      if (!this.#finished.has(index)) this.#running.add(index)
    }
    if (finishReasonOf(choice) !== undefined) {
      this.#finished.add(index)
      this.#running.delete(index)
      if (index === 0) {
        const { finishReason, rawFinishReason } = decodeFinish(choice, this.#calledTools)
        this.seen.finishReason = finishReason
        if (rawFinishReason !== undefined) this.seen.rawFinishReason = rawFinishReason
      }
    }
    this.seen.complete = this.#running.size === 0
    return carried.content
  }

  #noteUsage(chunk: JsonObject, choice: JsonObject | undefined): boolean {
    const own = isObject(chunk.x_groq) ? chunk.x_groq.usage : choice?.usage
    const usage = isObject(chunk.usage) ? chunk.usage : own
    if (!isObject(usage)) return false
    const told = decodeUsage(usage, chunk)
    this.seen.usage = this.seen.usage ? { ...this.seen.usage, ...told } : told
    return true
  }
}

/** Whether this is the mark of completion, be it with white space around. */
function isDone(data: string): boolean {
  return !data.startsWith('{') && data.trim() === '[DONE]'
}

function headOf({ id, created, model }: JsonObject): JsonObject {
  return {
    id: id ?? 'chatcmpl-cut',
    object: 'chat.completion.chunk',
    created: created ?? unixSeconds(),
    model: model ?? '',
  }
}

/**
 * A frame without data as it may go on: comments keep their line but lose the blank one, because some clients take
 * a comment and a blank line for an empty event. Anything else without data is nothing to the caller.
 */
function harmless(frame: Buffer): Buffer | null {
  const lines = frame.toString('latin1').split(/\r\n|\r|\n/)
  if (!lines.every((line) => line === '' || line.startsWith(':'))) return null
  const comments = lines.filter((line) => line !== '')
  return comments.length === 0 ? null : Buffer.from(`${comments.join('\n')}\n`, 'latin1')
}

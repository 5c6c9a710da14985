/*
 * Watching a relayed Gemini stream.
 *
 * Every chunk holds a piece of the answer and the usage so far, and the last one both content and the end; it is withheld like an end. A chunk that is not
 * whole JSON is kept from the caller, whose SDK would break on it.
 */
import type { CutReason } from '../../canonical/response.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { parseSseFrame, sseText } from '../../lib/sse.ts'
import type { FrameKind, RelayOptions, RelayScanner, RelaySummary } from '../dialect.ts'
import { errorIn } from './error.ts'
import { decodeBlock, decodeFinish, encodeFinish, type Finish, finishWordOf } from './finish-reason.ts'
import { firstCandidate, partsOf } from './response.ts'
import { encodeUsage, StreamUsage } from './usage.ts'

type Writable<Shape> = { -readonly [field in keyof Shape]: Shape[field] }

/** The state of one relayed stream. `seen` is one live object: it is read with every chunk. */
export class GeminiRelayScanner implements RelayScanner {
  readonly seen: Writable<RelaySummary> = { complete: false, outputBytes: 0, toolCalls: 0 }
  readonly #choices: number
  readonly #usage = new StreamUsage()
  /** The candidates that have ended, by index. */
  readonly #ended = new Set<JsonValue>()
  #id: string | undefined

  constructor({ choices = 1 }: RelayOptions) {
    this.#choices = choices
  }

  scan(frame: Buffer): { readonly kind: FrameKind; readonly bytes: Buffer | null } {
    const event = parseSseFrame(frame)
    if (!event || event.data === '' || event.data === '[DONE]') return { kind: 'quiet', bytes: frame }
    const chunk = parseJson(event.data)
    const error = errorIn(chunk)
    if (error) {
      this.seen.error ??= error
      this.seen.complete = false
      return { kind: 'error', bytes: null }
    }
    if (!isObject(chunk)) return { kind: 'quiet', bytes: null }
    return { kind: this.#meaning(chunk), bytes: frame }
  }

  /** The finish reason is the marker: nothing is ever owed behind it. */
  end(): Buffer | null {
    return null
  }

  cutShort(usage: Usage, why: CutReason = 'length'): Buffer {
    const candidate = {
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: encodeFinish({ finishReason: why }, false),
      index: 0,
    }
    const chunk: JsonObject = {
      candidates: [candidate],
      usageMetadata: encodeUsage(usage),
      ...(this.seen.model === undefined ? {} : { modelVersion: this.seen.model }),
      ...(this.#id === undefined ? {} : { responseId: this.#id }),
    }
    return Buffer.from(sseText(JSON.stringify(chunk)))
  }

  #meaning(chunk: JsonObject): FrameKind {
    if (typeof chunk.modelVersion === 'string') this.seen.model = chunk.modelVersion
    if (typeof chunk.responseId === 'string') this.#id = chunk.responseId
    const candidates = Array.isArray(chunk.candidates) ? chunk.candidates.filter(isObject) : []
    const usage = this.#usage.take(chunk, firstCandidate(chunk))
    if (usage) this.seen.usage = usage
    let content = false
    for (const candidate of candidates) {
      for (const part of partsOf(candidate)) if (isObject(part) && this.#carries(part)) content = true
      const word = finishWordOf(candidate)
      if (word !== undefined) this.#finish(candidate.index ?? 0, decodeFinish(word, this.seen.toolCalls > 0))
    }
    const blocked = candidates.length === 0 ? decodeBlock(chunk.promptFeedback) : null
    if (blocked) this.#finish(0, blocked)
    // With several candidates others may go on after one has ended; what came to its end is then withheld until all have.
    if (this.#ended.size > 0) return 'finish'
    return content ? 'content' : 'quiet'
  }

  #finish(index: JsonValue, { finishReason, rawFinishReason }: Finish): void {
    this.#ended.add(index)
    if (index === 0) {
      this.seen.finishReason = finishReason
      if (rawFinishReason !== undefined) this.seen.rawFinishReason = rawFinishReason
    }
    this.seen.complete = this.seen.error === undefined && this.#ended.size >= this.#choices
  }

  /** Whether a part says something; counts what was generated for it. */
  #carries(part: JsonObject): boolean {
    if (typeof part.text === 'string') {
      this.seen.outputBytes += Buffer.byteLength(part.text)
      return part.text !== '' || part.thoughtSignature !== undefined
    }
    const { functionCall: call, executableCode: code } = part
    if (isObject(call)) {
      if (typeof call.name === 'string') this.seen.toolCalls += 1
      this.seen.outputBytes += bytesOf(call.name) + bytesOf(call.args) + bytesOf(call.partialArgs)
    } else if (isObject(code)) this.seen.outputBytes += bytesOf(code.code)
    return true
  }
}

function bytesOf(value: JsonValue | undefined): number {
  if (value === undefined) return 0
  return Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value))
}

import type { CutReason } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { parseSseFrame } from '../../lib/sse.ts'
import type { FrameKind, RelayScanner, RelaySummary } from '../dialect.ts'
import { BedrockStreamDecoder } from './stream.ts'
import { blockStop, ending } from './stream-encoder.ts'

type Writable<Shape> = { -readonly [field in keyof Shape]: Shape[field] }

/** Watches a Converse stream. Every event is read in full: no caller speaks this format, so nothing here needs to be fast. */
export class BedrockRelayScanner implements RelayScanner {
  readonly seen: Writable<RelaySummary> = { complete: false, outputBytes: 0, toolCalls: 0 }
  readonly #decoder = new BedrockStreamDecoder()
  /** The numbers of the blocks that have begun and not ended; blocks begin in the order of their numbers. */
  readonly #open = new Set<number>()

  scan(frame: Buffer): { readonly kind: FrameKind; readonly bytes: Buffer | null } {
    const event = parseSseFrame(frame)
    if (!event) return { kind: 'quiet', bytes: frame }
    const malformed = this.#decoder.malformed
    let kind: FrameKind = this.seen.complete ? 'finish' : 'quiet'
    for (const each of this.#decoder.push(event)) {
      if (each.type === 'error') {
        this.seen.error = each.error
        this.seen.complete = false
        return { kind: 'error', bytes: null }
      }
      if (this.#note(each)) kind = 'content'
      if (each.type === 'message-end') kind = 'finish'
    }
    return this.#decoder.malformed > malformed ? { kind: 'quiet', bytes: null } : { kind, bytes: frame }
  }

  /** Nothing: what completes an answer here is its success marker. */
  end(): Buffer | null {
    return null
  }

  cutShort(usage: Usage, why: CutReason = 'length'): Buffer {
    const stops = [...this.#open].map((index) => blockStop(index)).join('')
    return Buffer.from(stops + ending({ finishReason: why }, usage))
  }

  /** Takes an event in; true when it is part of the answer's content. */
  #note(event: StreamEvent): boolean {
    if ('index' in event) {
      if (event.type.endsWith('-end')) this.#open.delete(event.index)
      else if (event.type !== 'opaque') this.#open.add(event.index)
    }
    switch (event.type) {
      case 'text-delta':
      case 'reasoning-delta':
        this.seen.outputBytes += Buffer.byteLength(event.text)
        return true
      case 'tool-call-start':
        this.seen.toolCalls += 1
        return true
      case 'tool-call-delta':
        this.seen.outputBytes += Buffer.byteLength(event.arguments)
        return true
      case 'opaque':
        return true
      case 'usage':
        this.seen.usage = { ...this.seen.usage, ...event.usage }
        return false
      case 'message-end':
        this.seen.finishReason = event.finishReason
        if (event.rawFinishReason !== undefined) this.seen.rawFinishReason = event.rawFinishReason
        this.seen.complete = true
        return false
      default:
        return false
    }
  }
}

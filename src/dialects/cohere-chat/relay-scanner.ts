/*
 * Watches a relayed stream by decoding it. Nobody calls Headgate in this format, so it is never on the hot route and needs no shortcut.
 */
import type { CutReason } from '../../canonical/response.ts'
import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { Usage } from '../../canonical/usage.ts'
import { isObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { parseSseFrame, sseText } from '../../lib/sse.ts'
import type { FrameKind, GrowingSummary, RelayScanner } from '../dialect.ts'
import { encodeFinish } from './finish-reason.ts'
import { streamDecoder } from './stream.ts'
import { encodeUsage } from './usage.ts'

/** A fresh scanner for one relayed stream. */
export function relayScanner(): RelayScanner {
  return new CohereRelayScanner()
}

class CohereRelayScanner implements RelayScanner {
  readonly seen: GrowingSummary = { complete: false, outputBytes: 0, toolCalls: 0 }
  readonly #decoder = streamDecoder()
  /** The end that each open block is owed, by its kind and index. */
  readonly #open = new Map<string, { readonly type: string; readonly index: JsonValue }>()

  scan(frame: Buffer): { readonly kind: FrameKind; readonly bytes: Buffer | null } {
    const event = parseSseFrame(frame)
    if (!event || event.data === '') return { kind: 'quiet', bytes: null }
    if (event.data.trim() === '[DONE]') return { kind: 'finish', bytes: frame }
    this.#noteBlocks(parseJson(event.data))
    const malformed = this.#decoder.malformed
    let kind: FrameKind = this.seen.complete ? 'finish' : 'quiet'
    for (const each of this.#decoder.push(event)) kind = this.#take(each) ?? kind
    const isBroken = this.#decoder.malformed > malformed
    return { kind, bytes: isBroken || kind === 'error' ? null : frame }
  }

  /** `message-end` is the marker of success, and the sign of completion itself. */
  end(): null {
    return null
  }

  cutShort(usage: Usage, why: CutReason = 'length'): Buffer {
    const end = {
      type: 'message-end',
      delta: { finish_reason: encodeFinish({ finishReason: why }), usage: encodeUsage(usage) },
    }
    const frames = [...this.#open.values(), end]
    return Buffer.from(frames.map((data) => sseText(JSON.stringify(data), data.type)).join(''))
  }

  #noteBlocks(data: JsonValue | undefined): void {
    const type =
      isObject(data) && typeof data.type === 'string' ? /^(content|tool-call)-(start|end)$/.exec(data.type) : null
    if (!isObject(data) || !type) return
    const [, kind, edge] = type
    const index = data.index ?? 0
    if (edge === 'start') this.#open.set(`${kind} ${index}`, { type: `${kind}-end`, index })
    else this.#open.delete(`${kind} ${index}`)
  }

  /** What an event makes of its frame; nothing for those that say nothing new. */
  #take(event: StreamEvent): FrameKind | null {
    switch (event.type) {
      case 'message-start':
        if (event.model !== undefined) this.seen.model = event.model
        return null
      case 'text-delta':
      case 'reasoning-delta':
        return this.#said(event.text)
      case 'tool-call-start':
        this.seen.toolCalls += 1
        return this.#said(event.name)
      case 'tool-call-delta':
        return this.#said(event.arguments)
      case 'usage':
        this.seen.usage = { ...this.seen.usage, ...event.usage }
        return null
      case 'message-end':
        this.seen.finishReason = event.finishReason
        if (event.rawFinishReason !== undefined) this.seen.rawFinishReason = event.rawFinishReason
        this.seen.complete = true
        return 'finish'
      case 'error':
        this.seen.error = event.error
        return 'error'
      default:
        return null
    }
  }

  #said(text: string): FrameKind {
    this.seen.outputBytes += Buffer.byteLength(text)
    return 'content'
  }
}

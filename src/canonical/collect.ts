import type { Part } from './content.ts'
import type { CanonicalResponse } from './response.ts'
import type { StreamError, StreamEvent } from './stream-event.ts'
import type { Usage } from './usage.ts'

/** Puts a streamed answer together. What was never finished stays as far as it came. */
export class Collector {
  readonly #parts = new Map<number, Part>()
  #head: Pick<CanonicalResponse, 'id' | 'model' | 'created'> = {}
  #finish: Pick<CanonicalResponse, 'finishReason' | 'rawFinishReason' | 'stopSequence'> | null = null
  #usage: Usage | undefined
  #error: StreamError | null = null

  /** Takes the next event in. */
  push(event: StreamEvent): void {
    switch (event.type) {
      case 'message-start': {
        const { type: _, ...head } = event
        this.#head = head
        return
      }
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return
      case 'message-end': {
        const { type: _, ...finish } = event
        this.#finish = finish
        return
      }
      case 'error':
        this.#error = event.error
        return
      default: {
        const part = grownPart(this.#parts.get(event.index), event)
        if (part) this.#parts.set(event.index, part)
      }
    }
  }

  /** Whether the answer's end was seen. */
  get complete(): boolean {
    return this.#finish !== null && this.#error === null
  }

  /** The error that ended the stream, if one did. */
  get error(): StreamError | null {
    return this.#error
  }

  /** The answer so far, its parts in the order of their start. One without an end has the finish reason `other`. */
  result(): CanonicalResponse {
    const content = [...this.#parts].sort(([left], [right]) => left - right).map(([, part]) => part)
    return {
      ...this.#head,
      content: content.filter(saysSomething).map(finished),
      ...(this.#finish ?? { finishReason: 'other' }),
      ...(this.#usage ? { usage: this.#usage } : {}),
    }
  }
}

/** The answer that a stream of events tells. */
export function collect(events: Iterable<StreamEvent>): CanonicalResponse {
  const collector = new Collector()
  for (const event of events) collector.push(event)
  return collector.result()
}

type BlockEvent = Extract<StreamEvent, { readonly index: number }>

/** A part with one more event in it; a delta whose start never came is left out. */
export function grownPart(part: Part | undefined, event: BlockEvent): Part | undefined {
  switch (event.type) {
    case 'text-start':
      return { type: 'text', text: '' }
    case 'refusal-start':
      return { type: 'refusal', text: '' }
    case 'reasoning-start':
      return { type: 'reasoning', text: '', ...(event.origin ? { origin: event.origin } : {}) }
    case 'tool-call-start': {
      const { type: _, index: __, ...call } = event
      return { type: 'tool-call', ...call, arguments: '' }
    }
    case 'opaque':
      return { type: 'opaque', dialect: event.dialect, block: event.block }
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta':
      return part && 'text' in part ? { ...part, text: part.text + event.text } : part
    case 'tool-call-delta':
      return part?.type === 'tool-call' ? { ...part, arguments: part.arguments + event.arguments } : part
    case 'text-end':
      return part?.type === 'text' && event.extensions ? { ...part, extensions: event.extensions } : part
    case 'reasoning-end': {
      const { type: _, index: __, ...seal } = event
      return part?.type === 'reasoning' ? { ...part, ...seal } : part
    }
    case 'refusal-end':
    case 'tool-call-end':
      return part
  }
}

function saysSomething(part: Part): boolean {
  if (part.type === 'text' || part.type === 'refusal') return part.text !== ''
  return part.type !== 'reasoning' || part.text !== '' || part.signature !== undefined || part.redacted !== undefined
}

function finished(part: Part): Part {
  return part.type === 'tool-call' && part.arguments.trim() === '' ? { ...part, arguments: '{}' } : part
}

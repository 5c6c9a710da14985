import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { continuesDetail, detailText, joinDetail, sealOf } from './reasoning.ts'

type Kind = 'text' | 'reasoning' | 'refusal'

/**
 * Turns the running text, reasoning and refusal of a stream into blocks: this format has none, so a block ends where another
 * kind of delta begins. Also counts the indexes of all blocks, tool calls included.
 */
export class StreamBlocks {
  readonly #out: StreamEvent[]
  #open: { readonly kind: Kind; readonly index: number } | null = null
  /** The entry of `reasoning_details` that the open block tells, as far as it came. */
  #entry: JsonObject | null = null
  #count = 0

  /** `out` takes the events. */
  constructor(out: StreamEvent[]) {
    this.#out = out
  }

  /** How many blocks were begun. */
  get count(): number {
    return this.#count
  }

  /** The index of a block that others write. */
  take(): number {
    const index = this.#count
    this.#count += 1
    return index
  }

  /** A piece of text, reasoning or refusal. */
  say(kind: Kind, text: string): void {
    if (text === '') return
    const open = this.#open?.kind === kind && (kind !== 'reasoning' || this.#entry === null) ? this.#open : null
    const index = open?.index ?? this.#begin(kind)
    this.#out.push({ type: `${kind}-delta`, index, text })
  }

  /** A piece of an entry of `reasoning_details`. */
  detail(piece: JsonObject): void {
    const continued = this.#entry !== null && continuesDetail(this.#entry, piece)
    if (!continued) this.#beginDetail(piece)
    this.#entry = continued && this.#entry ? joinDetail(this.#entry, piece) : piece
    const text = detailText(piece)
    if (text !== '' && this.#open) this.#out.push({ type: 'reasoning-delta', index: this.#open.index, text })
  }

  /** Ends the open block, if there is one. */
  close(): void {
    const open = this.#open
    if (!open) return
    if (open.kind === 'reasoning') this.#out.push({ type: 'reasoning-end', index: open.index, ...this.#seal() })
    else this.#out.push({ type: `${open.kind}-end`, index: open.index })
    this.#open = null
    this.#entry = null
  }

  #begin(kind: Kind): number {
    this.close()
    const index = this.take()
    this.#open = { kind, index }
    this.#out.push({ type: `${kind}-start`, index })
    return index
  }

  #beginDetail(piece: JsonObject): void {
    this.close()
    const index = this.take()
    this.#open = { kind: 'reasoning', index }
    // A seal comes at the end, but whose it is must be said at the start: the format tells.
    const { origin } = sealOf({ ...piece, signature: 'to come' })
    this.#out.push({ type: 'reasoning-start', index, ...(origin === undefined ? {} : { origin }) })
  }

  #seal(): { readonly signature?: string; readonly redacted?: string } {
    if (!this.#entry) return {}
    const { origin: _, ...seal } = sealOf(this.#entry)
    return seal
  }
}

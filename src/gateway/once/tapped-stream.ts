import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import type { StreamTap } from './reply-copying.ts'

/** How the pieces of a stream become bytes. */
export interface StreamCopying<Piece> {
  readonly bytesOf: (piece: Piece) => Buffer | string
  /** The copy of the stream, of the bytes of its pieces. */
  readonly copyOf: (bytes: readonly Buffer[]) => KeptReply
}

/**
 * A stream whose pieces are copied as they pass. What is the last piece is known from the books, which are closed before it is given: the copy is
 * kept then, so that no reader has seen an end that the store has not. Pieces are never held back.
 */
export class TappedStream<Piece> implements AsyncIterableIterator<Piece, void, void> {
  readonly #source: AsyncIterator<Piece, unknown, void>
  readonly #copying: StreamCopying<Piece>
  readonly #tap: StreamTap
  #pieces: Buffer[] = []
  #bytes = 0
  #finished = false

  constructor(source: AsyncIterable<Piece>, copying: StreamCopying<Piece>, tap: StreamTap) {
    this.#source = source[Symbol.asyncIterator]()
    this.#copying = copying
    this.#tap = tap
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Piece, void>> {
    try {
      const { done, value } = await this.#source.next()
      if (done) {
        await this.#finish(true)
        return { done: true, value: undefined }
      }
      this.#take(value)
      if (this.#tap.isClosed()) await this.#finish(true)
      return { done: false, value }
    } catch (error) {
      await this.#finish(true)
      throw error
    }
  }

  async return(): Promise<IteratorResult<Piece, void>> {
    await this.#source.return?.()
    await this.#finish(false)
    return { done: true, value: undefined }
  }

  #take(piece: Piece): void {
    if (this.#finished || this.#bytes > this.#tap.mostBytes) return
    const bytes = Buffer.from(this.#copying.bytesOf(piece))
    this.#bytes += bytes.length
    if (this.#bytes > this.#tap.mostBytes) this.#pieces = []
    else this.#pieces.push(bytes)
  }

  async #finish(whole: boolean): Promise<void> {
    if (this.#finished) return
    this.#finished = true
    const copy = this.#bytes > this.#tap.mostBytes ? null : this.#copying.copyOf(this.#pieces)
    this.#pieces = []
    await this.#tap.finish(copy, whole)
  }
}

/** A text that grows by pieces as they stand in JSON, in one buffer that doubles. */
export class RunningText {
  #bytes = Buffer.alloc(0)
  #length = 0

  /** Adds a piece of a frame, escapes and all. */
  add(frame: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, FIRST_BYTES))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    frame.copy(this.#bytes, this.#length, start, end)
    this.#length = needed
  }

  /** Adds a plain text. */
  addText(text: string): void {
    const piece = Buffer.from(JSON.stringify(text))
    this.add(piece, 1, piece.length - 1)
  }

  /** Forgets what came. */
  clear(): void {
    this.#length = 0
  }

  /** The whole text. */
  toString(): string {
    return JSON.parse(`"${this.#bytes.toString('utf8', 0, this.#length)}"`) as string
  }
}

const FIRST_BYTES = 512

const BAR_WIDTH = 40

/** A progress bar on a terminal; nothing at all where nobody watches. */
export class ProgressBar {
  readonly #out: NodeJS.WriteStream

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  /** Draws the bar anew. */
  show(done: number, total: number): void {
    if (!this.#out.isTTY) return
    const filled = Math.round((done / total) * BAR_WIDTH)
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
    this.#out.write(`\r${bar} ${done}/${total}`)
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[2K')
  }
}

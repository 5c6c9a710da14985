interface Found {
  readonly value: string
  readonly use: number
}

/**
 * The values that are used most, of any number that pass by. A heap whose top is the least used of those found: tens of thousands pass by in a few
 * milliseconds, in whatever order.
 */
export class Busiest {
  readonly #most: number
  readonly #heap: Found[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** A value passes by. Those without use are not in it. */
  meet(value: string, use: number): void {
    if (use <= 0) return
    if (this.#heap.length < this.#most) this.#rise({ value, use })
    else if (use > this.#useAt(0)) this.#sink({ value, use })
  }

  /** Those that were found, the busiest first. */
  values(): readonly string[] {
    return this.#heap.toSorted((left, right) => right.use - left.use).map(({ value }) => value)
  }

  /** Infinite beyond the end, so that nothing is exchanged with what is not there. */
  #useAt(place: number): number {
    return this.#heap[place]?.use ?? Number.POSITIVE_INFINITY
  }

  /** Adds one at the end and lets it rise to its place. */
  #rise(found: Found): void {
    let place = this.#heap.length
    while (place > 0) {
      const parent = this.#heap[(place - 1) >> 1]
      if (!parent || parent.use <= found.use) break
      this.#heap[place] = parent
      place = (place - 1) >> 1
    }
    this.#heap[place] = found
  }

  /** Puts one in the place of the least used and lets it sink to its own. */
  #sink(found: Found): void {
    let place = 0
    for (;;) {
      const left = 2 * place + 1
      const child = this.#useAt(left) <= this.#useAt(left + 1) ? left : left + 1
      const lower = this.#heap[child]
      if (!lower || lower.use >= found.use) break
      this.#heap[place] = lower
      place = child
    }
    this.#heap[place] = found
  }
}

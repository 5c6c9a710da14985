/** The values that are used most, of any number that pass by. It never remembers more than it was asked for, so looking costs no more than passing by. */
export class Busiest {
  readonly #most: number
  /** The busiest first. */
  readonly #found: { readonly value: string; readonly use: number }[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** A value passes by. Those without use are nobody's. */
  meet(value: string, use: number): void {
    const full = this.#found.length >= this.#most
    if (use <= 0 || (full && use <= (this.#found.at(-1)?.use ?? Number.POSITIVE_INFINITY))) return
    if (full) this.#found.pop()
    this.#found.splice(this.#placeOf(use), 0, { value, use })
  }

  /** Those that were found, the busiest first. */
  values(): readonly string[] {
    return this.#found.map(({ value }) => value)
  }

  /** Behind all that are used as much. */
  #placeOf(use: number): number {
    let [low, high] = [0, this.#found.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#found[middle]?.use ?? 0) >= use) low = middle + 1
      else high = middle
    }
    return low
  }
}

import type { Fingerprint } from './fingerprint.ts'

/*
 * The states that were seen, by 64 bits of each: a set of texts would take a gigabyte.
 */

const FIRST_SIZE = 2 ** 16

/** A set that only grows, and numbers states as they come. */
export class StateSet {
  /** For each place: two halves of a hash, and the number of the state and one; 0 is an empty place. */
  #table = new Uint32Array(3 * FIRST_SIZE)
  #size = 0

  /** How many there are. */
  get size(): number {
    return this.#size
  }

  /** Adds a state, if it is not there. Gives its number, and whether it is new. */
  add(state: Fingerprint): { readonly number: number; readonly isNew: boolean } {
    if (this.#size * 2 > this.#table.length / 3) this.#grow()
    const high = state.high >>> 0
    const low = state.low >>> 0
    const place = this.#placeOf(high, low)
    const known = this.#table[place + 2] ?? 0
    if (known > 0) return { number: known - 1, isNew: false }
    this.#size += 1
    this.#put(place, high, low, this.#size)
    return { number: this.#size - 1, isNew: true }
  }

  /** Where a hash is, or would be. */
  #placeOf(high: number, low: number): number {
    const table = this.#table
    const mask = table.length / 3 - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const place = 3 * slot
      if (table[place + 2] === 0 || (table[place] === high && table[place + 1] === low)) return place
    }
  }

  #put(place: number, high: number, low: number, number: number): void {
    this.#table[place] = high
    this.#table[place + 1] = low
    this.#table[place + 2] = number
  }

  #grow(): void {
    const before = this.#table
    this.#table = new Uint32Array(2 * before.length)
    for (let at = 0; at < before.length; at += 3) {
      const [high = 0, low = 0, number = 0] = [before[at], before[at + 1], before[at + 2]]
      if (number > 0) this.#put(this.#placeOf(high, low), high, low, number)
    }
  }
}

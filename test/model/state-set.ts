/*
 * The states that were seen, by 64 bits of hash each: of a million states two different ones are taken for the same with a chance of one in thirty
 * million, and a set of texts would take a gigabyte.
 */

const FIRST_SIZE = 2 ** 16

/** A set of texts that only grows. */
export class StateSet {
  #table = new Uint32Array(2 * FIRST_SIZE)
  #size = 0

  /** How many there are. */
  get size(): number {
    return this.#size
  }

  /** Adds a text; false when it is there already. */
  add(text: string): boolean {
    if (this.#size * 2 > this.#table.length / 2) this.#grow()
    const [high, low] = hashOf(text)
    return this.#put(high, low)
  }

  #put(high: number, low: number): boolean {
    const table = this.#table
    const mask = table.length / 2 - 1
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const [knownHigh, knownLow] = [table[2 * slot], table[2 * slot + 1]]
      if (knownHigh === high && knownLow === low) return false
      if (knownHigh !== 0 || knownLow !== 0) continue
      table[2 * slot] = high
      table[2 * slot + 1] = low
      this.#size += 1
      return true
    }
  }

  #grow(): void {
    const before = this.#table
    this.#table = new Uint32Array(2 * before.length)
    this.#size = 0
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = [before[at], before[at + 1]]
      if (high !== 0 || low !== 0) this.#put(high, low)
    }
  }
}

function hashOf(text: string): readonly [number, number] {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return [high >>> 0, (low | 1) >>> 0]
}

/**
 * A map with a fixed number of places: when it is full, the entry that was not used for longest makes room. Use is noted from the time on
 * when the map is half full; before, there is nothing to choose, and a map that never fills is as fast as a plain one. An entry that is written
 * again stays where it is then: V8 moves a map to a new table whenever as many entries were taken out as it has places for.
 */
export class LruMap<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #capacity: number
  /** Whether some entry may soon have to make room. */
  #isFilling = false

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many entries there are now. */
  get size(): number {
    return this.#entries.size
  }

  /** The value, which becomes the one used last. */
  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined || !this.#isFilling) return value
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  /** The value, for onlookers: it is not noted as used. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  /** Every entry, for onlookers: none is noted as used. */
  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries()
  }

  set(key: Key, value: Value): void {
    if (this.#isFilling) this.#entries.delete(key)
    this.#entries.set(key, value)
    const { size } = this.#entries
    this.#isFilling = size * 2 > this.#capacity
    if (size <= this.#capacity) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  /** Forgets one entry; false when it was not there. */
  delete(key: Key): boolean {
    const wasThere = this.#entries.delete(key)
    this.#isFilling = this.#entries.size * 2 > this.#capacity
    return wasThere
  }

  /** Takes everything out. */
  drain(): readonly Value[] {
    const values = [...this.#entries.values()]
    this.#entries.clear()
    this.#isFilling = false
    return values
  }
}

import { createHash } from 'node:crypto'

/** Chance that repeats: the same seed gives the same numbers for ever. */
export interface SeededRandom {
  /** At least 0, less than 1. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  /** One of the values; the list must not be empty. */
  pick<Value>(values: readonly [Value, ...Value[]] | readonly Value[]): Value
}

/** The SHA-256 of a text in hex. */
export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** A small generator (mulberry32), seeded with the first eight hex digits of a hash. Not for secrets. */
export function seededRandom(hash: string): SeededRandom {
  let state = Number.parseInt(hash.slice(0, 8), 16) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    pick: (values) => {
      const value = values[between(0, values.length - 1)]
      if (value === undefined) throw new RangeError('nothing to pick from')
      return value
    },
  }
}

import { createHash } from 'node:crypto'
import { mulberry32 } from '../../lib/mulberry32.ts'

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

/** A small generator, seeded with the first eight hex digits of a hash. Not for secrets. */
export function seededRandom(hash: string): SeededRandom {
  const next = mulberry32(Number.parseInt(hash.slice(0, 8), 16))
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

import { mulberry32 } from '../../src/lib/mulberry32.ts'

/** Random choices that a seed decides: the same seed, the same choices. */
export class Chance {
  /** A number from 0 up to, not including, 1. */
  readonly fraction: () => number

  constructor(seed: number) {
    this.fraction = mulberry32(seed)
  }

  /** A whole number between two others, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** Whether something happens that does so with this probability. */
  happens(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of several. Throws RangeError when there is none. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** The same items in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const mixed = [...items]
    for (let at = mixed.length - 1; at > 0; at -= 1) {
      const other = this.between(0, at)
      const [left, right] = [mixed[at], mixed[other]]
      if (left !== undefined && right !== undefined) [mixed[at], mixed[other]] = [right, left]
    }
    return mixed
  }
}

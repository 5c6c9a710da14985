import { LruMap } from '../lib/lru-map.ts'

/*
 * The first answers of a model. Until some have ended, calls hold a guess that may be five times too large, and a crowd that comes at once would be refused
 * for money that is free again a moment later. Who knows that answers are under way can wait for what they teach.
 */

/** Counts the first answers of models. Models are told apart by name. */
export interface Lessons {
  /** How many answers of the model have ended; null once there were enough. */
  taught(model: string): number | null
  /** An answer of the model has ended. */
  learned(model: string): void
}

/** After so many answers a model is known. */
const ENOUGH = 8

/** Nothing is known yet. It keeps at most `capacity` models (default 2000) and forgets the one not used for longest. */
export function createLessons({ capacity = 2000 }: { readonly capacity?: number } = {}): Lessons {
  const counts = new LruMap<string, number>(capacity)
  return {
    taught(model) {
      const count = counts.get(model) ?? 0
      return count < ENOUGH ? count : null
    },
    learned(model) {
      const count = counts.get(model) ?? 0
      if (count < ENOUGH) counts.set(model, count + 1)
    },
  }
}

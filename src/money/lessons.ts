import { LruMap } from '../lib/lru-map.ts'

/*
 * The first answers of a model. Until some have ended, calls hold a guess that may be five times too large, and a crowd that comes at once would be refused
 * for money that is free again a moment later. Who knows that answers are under way can wait for what they teach.
 */

/** Counts the first answers of models, and tells those who wait for the next one. Models are told apart by name. */
export interface Lessons {
  /** Resolves when the next answer of the model has ended; null once enough have. */
  next(model: string): Promise<void> | null
  /** An answer of the model has ended. */
  learned(model: string): void
}

/** After so many answers a model is known. */
const ENOUGH = 8

interface Course {
  taught: number
  next: PromiseWithResolvers<void> | null
}

/** Nothing is known yet. It keeps at most `capacity` models (default 2000) and forgets the one not used for longest. */
export function createLessons({ capacity = 2000 }: { readonly capacity?: number } = {}): Lessons {
  const courses = new LruMap<string, Course>(capacity)
  const courseOf = (model: string): Course => {
    const known = courses.get(model)
    if (known) return known
    const course = { taught: 0, next: null }
    courses.set(model, course)
    return course
  }
  return {
    next(model) {
      const course = courseOf(model)
      if (course.taught >= ENOUGH) return null
      course.next ??= Promise.withResolvers<void>()
      return course.next.promise
    },
    learned(model) {
      const course = courseOf(model)
      if (course.taught >= ENOUGH) return
      course.taught += 1
      course.next?.resolve()
      course.next = null
    },
  }
}

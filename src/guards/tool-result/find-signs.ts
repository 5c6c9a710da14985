import { createPhraseBook, type Place } from './phrase-book.ts'
import type { Sequence, Sign, Symbols, Vocabulary } from './sign.ts'

/** A sign that was found, and where in the window it begins. */
export interface Found {
  readonly sign: Sign
  readonly at: number
}

/** Finds the signs of one collection in a window of normalised text. The work is linear in its length, whatever it holds. */
export type SignFinder = (window: string) => readonly Found[]

/** A place that was reached by a sequence, and where that sequence began. */
interface Reached extends Place {
  readonly origin: number
}

const SENTENCE_END = /[.!?](?=\s)|[。！？]|\n\s?\n/
const NOWHERE: readonly Place[] = []

/** Prepares a collection of signs for searching. */
export function createSignFinder(signs: readonly Sign[]): SignFinder {
  const vocabularies = new Set<Vocabulary>()
  for (const { looks } of signs) {
    if ('sequence' in looks) for (const one of looks.sequence) vocabularies.add(one)
    else if ('phrases' in looks.gate) vocabularies.add(looks.gate)
  }
  const book = createPhraseBook(vocabularies)
  return (window) => {
    const places = book.locate(window)
    const found: Found[] = []
    for (const sign of signs) {
      const { looks } = sign
      const at = 'sequence' in looks ? follow(window, looks, places) : search(window, looks, places)
      if (at >= 0) found.push({ sign, at })
    }
    return found
  }
}

function search(window: string, { pattern, gate }: Symbols, places: ReadonlyMap<Vocabulary, readonly Place[]>): number {
  const open = 'phrases' in gate ? places.has(gate) : gate.some((piece) => window.includes(piece))
  return open ? window.search(pattern) : -1
}

/** Where the first full sequence begins, or -1. */
function follow(window: string, looks: Sequence, places: ReadonlyMap<Vocabulary, readonly Place[]>): number {
  let reached: readonly Reached[] | null = null
  for (const one of looks.sequence) {
    const next = places.get(one) ?? NOWHERE
    if (next.length === 0) return -1
    reached =
      reached === null
        ? next.map((place) => ({ ...place, origin: place.start }))
        : step(window, reached, next, looks.gap)
  }
  return reached?.[0]?.origin ?? -1
}

/** Those of `next` that stand within `gap` characters after one of `reached`, in the same sentence. The nearest one before decides. */
function step(window: string, reached: readonly Reached[], next: readonly Place[], gap: number): readonly Reached[] {
  const kept: Reached[] = []
  let at = 0
  for (const { start, end } of next) {
    while (at + 1 < reached.length && (reached[at + 1]?.end ?? 0) <= start) at += 1
    const before = reached[at]
    if (!before || before.end > start || start - before.end > gap) continue
    if (!SENTENCE_END.test(window.slice(before.end, start))) kept.push({ start, end, origin: before.origin })
  }
  return kept
}

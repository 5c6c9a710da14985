import { fits, matchPhrase, parsePhrase, type Slot, STEM_CHARS } from './phrase.ts'
import type { Vocabulary } from './sign.ts'
import { splitWords } from './words.ts'

/** A place in a text where an expression stands. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** Finds where the expressions of many vocabularies stand, in one walk over the words of a text. */
export interface PhraseBook {
  locate(text: string): ReadonlyMap<Vocabulary, readonly Place[]>
}

interface Entry {
  readonly vocabulary: Vocabulary
  readonly slots: readonly Slot[]
}

/** Prepares vocabularies for searching: phrases by their first word, so that a word costs two look-ups whatever is searched for. */
export function createPhraseBook(vocabularies: Iterable<Vocabulary>): PhraseBook {
  const byWord = new Map<string, Entry[]>()
  const byStem = new Map<string, Entry[]>()
  const patterns: { readonly vocabulary: Vocabulary; readonly pattern: RegExp }[] = []
  for (const vocabulary of vocabularies) {
    if (vocabulary.pattern) patterns.push({ vocabulary, pattern: vocabulary.pattern })
    for (const phrase of vocabulary.phrases) {
      const slots = parsePhrase(phrase)
      const entry = { vocabulary, slots }
      for (const word of slots[0]?.words ?? []) file(byWord, word, entry)
      for (const stem of slots[0]?.stems ?? []) file(byStem, stem.slice(0, STEM_CHARS), entry)
    }
  }
  return {
    locate(text) {
      const found = new Map<Vocabulary, Place[]>()
      const split = splitWords(text)
      const { words, starts, ends } = split
      const look = (entries: readonly Entry[] | undefined, at: number, word: string, exact: boolean): void => {
        for (const { vocabulary, slots } of entries ?? []) {
          const [first] = slots
          if (!exact && first && (first.words.has(word) || !fits(first, word))) continue
          const length = matchPhrase(slots, split, at)
          if (length > 0) file(found, vocabulary, { start: starts[at] ?? 0, end: ends[at + length - 1] ?? 0 })
        }
      }
      for (let at = 0; at < words.length; at++) {
        const word = words[at] ?? ''
        look(byWord.get(word), at, word, true)
        if (word.length >= STEM_CHARS) look(byStem.get(word.slice(0, STEM_CHARS)), at, word, false)
      }
      for (const { vocabulary, pattern } of patterns) {
        const before = found.get(vocabulary)?.length ?? 0
        for (const match of text.matchAll(pattern)) {
          file(found, vocabulary, { start: match.index, end: match.index + match[0].length })
        }
        const places = found.get(vocabulary)
        if (before > 0 && places && places.length > before) places.sort((left, right) => left.start - right.start)
      }
      return found
    },
  }
}

function file<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

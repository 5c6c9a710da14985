import type { Words } from './words.ts'

/*
 * The small language of `Vocabulary.phrases`, and its matching over the words of a text. A phrase has a handful of words with at most a few optional
 * ones, so trying it at one place takes a bounded number of steps, and it is tried only where its first word stands.
 */

/** One place in a phrase: the words that may stand there. */
export interface Slot {
  readonly words: ReadonlySet<string>
  /** Beginnings of words that may stand there. */
  readonly stems: readonly string[]
  readonly optional: boolean
}

/** Stems are found by this many first letters, so they need at least as many. */
export const STEM_CHARS = 4

/** Reads a phrase. Throws RangeError for a stem that is too short, and for a phrase that begins with an optional word. */
export function parsePhrase(phrase: string): readonly Slot[] {
  const slots = phrase.split(' ').map(parseSlot)
  if (slots[0]?.optional !== false) throw new RangeError(`a phrase must begin with a word: ${phrase}`)
  return slots
}

/** How many words the phrase takes from `at` on, or 0 when it does not stand there. The first slot is known to fit. */
export function matchPhrase(slots: readonly Slot[], { words, apart }: Words, at: number): number {
  const rest = (slot: number, word: number): number => {
    const one = slots[slot]
    if (!one) return word
    const text = words[word]
    if (text !== undefined && !apart[word] && fits(one, text)) {
      const end = rest(slot + 1, word + 1)
      if (end > 0) return end
    }
    return one.optional ? rest(slot + 1, word) : 0
  }
  const end = rest(1, at + 1)
  return end === 0 ? 0 : end - at
}

/** Whether a word may stand in this place. */
export function fits(slot: Slot, word: string): boolean {
  return slot.words.has(word) || slot.stems.some((stem) => word.startsWith(stem))
}

function parseSlot(text: string): Slot {
  const optional = text.endsWith('?')
  const words = new Set<string>()
  const stems: string[] = []
  for (const option of (optional ? text.slice(0, -1) : text).split('|')) {
    const base = option.replace(/[*~+]$/, '')
    if (option.endsWith('*')) {
      if (base.length < STEM_CHARS) throw new RangeError(`a stem needs ${STEM_CHARS} letters: ${option}`)
      stems.push(base)
    } else if (option.endsWith('~')) for (const form of verbForms(base)) words.add(form)
    else if (option.endsWith('+')) for (const form of [base, plural(base)]) words.add(form)
    else words.add(base)
  }
  return { words, stems, optional }
}

/** As an order or a request has them: `send`, `sending`. */
function verbForms(base: string): readonly string[] {
  return [base, `${base.endsWith('e') ? base.slice(0, -1) : base}ing`]
}

function plural(base: string): string {
  return base.endsWith('y') && !/[aeo]y$/.test(base) ? `${base.slice(0, -1)}ies` : `${base}s`
}

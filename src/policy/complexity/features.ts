/*
 * What can be counted in a question, for the trained scorer. Each feature is one number; most are counts, taken by their logarithm, because the step from one to two says
 * more than that from twenty to twenty-one. Nothing here knows a subject: what was learned of the questions at hand must hold for others.
 */

/** What is counted, by name. */
export interface Feature {
  readonly name: string
  readonly of: (text: string) => number
}

/** What a training run found. */
export interface ComplexityWeights {
  /** Which data, when, and how. */
  readonly version: string
  /** By feature: its mean and standard deviation among the questions that were learned from, and its weight. */
  readonly features: readonly {
    readonly name: string
    readonly mean: number
    readonly deviation: number
    readonly weight: number
  }[]
  /** The gains that were predicted for those questions, in steps of equal shares, the smallest first. */
  readonly steps: readonly number[]
}

const counted = (name: string, pattern: RegExp): Feature => ({ name, of: (text) => Math.log1p(count(text, pattern)) })
const upTo = (most: number, name: string, pattern: RegExp): Feature => ({
  name,
  of: (text) => Math.min(most, count(text, pattern)),
})
const shareOf = (name: string, pattern: RegExp, all: RegExp): Feature => ({
  name,
  of: (text) => count(text, pattern) / (count(text, all) || 1),
})

const WORDS = /[\p{L}]+/gu
const NUMBERS = /\d+(?:[.,]\d+)*/g
const SENTENCES = /[.?!。？！](?:\s|$)/g
const CHOICE = /\n\(?[A-D][.)] /g

/** In the order of the weights. */
export const FEATURES: readonly Feature[] = [
  { name: 'characters', of: (text) => Math.log1p(text.length) },
  counted('words', WORDS),
  counted('lines', /\n/g),
  counted('sentences', SENTENCES),
  counted('numbers', NUMBERS),
  shareOf('share of numbers', /\d+/g, /\S+/g),
  counted('mathematical signs', /[=+*/^<>%$\\→√π∫∑≤≥]/g),
  upTo(3, 'signs of logic', /[∀∃⊃≡∨∧~∙→]/g),
  shareOf('share of long words', /[\p{L}]{9,}/gu, WORDS),
  shareOf('letters a word', /\p{L}/gu, WORDS),
  shareOf('share of names', /(?<=\s)\p{Lu}\p{Ll}+/gu, WORDS),
  upTo(2, 'years', /\b(?:1[5-9]|20)\d\d\b/g),
  upTo(1, 'a choice of answers', CHOICE),
  upTo(2, 'negations', /\b(?:not|except|never|least|incorrect|without|cannot|false)\b/gi),
  counted(
    'words of quantity',
    /\b(?:each|per|total|times|half|twice|remaining|more than|less than|how many|how much|percent|average|ratio|probability|rate)\b/gi,
  ),
  counted(
    'words of work',
    /\b(?:prove|derive|calculate|compute|determine|solve|show|step|explain|why|compare|analy[sz]e|evaluate|design|implement|optimi[sz]e|debug|refactor|find)\b/gi,
  ),
  upTo(2, 'statements to weigh', /\b(?:I|II|III|IV)\.? (?:and|only|or)\b|\bStatement [12I]/g),
  upTo(1, 'code', /```|\bdef |\bfunction\b|=>|;\n|\{\n/g),
  upTo(1, 'a gap to fill', /___/g),
  upTo(1, 'money', /[$€£]\s?\d/g),
  { name: 'numbers in an open question', of: (text) => isOpen(text) * Math.log1p(count(text, NUMBERS)) },
  {
    name: 'sentences in an open question',
    of: (text) => isOpen(text) * Math.log1p(count(text, SENTENCES)),
  },
  { name: 'length beyond a paragraph', of: (text) => Math.max(0, Math.log1p(text.length) - 6) },
]

const isOpen = (text: string): number => (count(text, CHOICE) > 0 ? 0 : 1)

/** The numbers of a text, in the order of FEATURES. */
export function featuresOf(text: string): number[] {
  return FEATURES.map(({ of }) => of(text))
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

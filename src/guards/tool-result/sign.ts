/**
 * Kinds of signs. A kind counts once however often it is seen, with its strongest sign: an attack is recognised by several kinds
 * coming together, not by one word repeated.
 */
export type SignKind =
  | 'override'
  | 'impersonation'
  | 'address'
  | 'exfiltration'
  | 'channel'
  | 'coercion'
  | 'concealment'
  | 'pressure'
  | 'answer'
  | 'code'
  | 'persona'
  | 'unbound'
  | 'disguise'

/** Expressions that mean the same to us. They are found once a window, however many signs use them. */
export interface Vocabulary {
  readonly name: string
  /**
   * Words in a row within a line: `you have|were been? given`. A word may be one of several (`a|b`), may be missing (`been?`), may
   * have any ending (`summari*`, at least four letters), the form of an order or of doing (`send~`: send, sending) or a plural (`key+`).
   */
  readonly phrases: readonly string[]
  /** What words cannot say (addresses, scripts without spaces): a global pattern of bounded length, without gaps. */
  readonly pattern?: RegExp
}

/**
 * One sign of an attack, on lower-case normalised text: either a pattern of symbols, or vocabularies that follow one another within a
 * sentence, at most `gap` characters apart. Gaps are measured, not matched: a pattern with several gaps would backtrack with their product.
 */
export interface Sign {
  readonly kind: SignKind
  /** In words, for the reason: `tells the reader to ignore its instructions`. */
  readonly says: string
  /** 0 to 1: how likely an attack is when only this is seen. */
  readonly weight: number
  readonly looks: Sequence | Symbols
}

/** Vocabularies in a row. */
export interface Sequence {
  readonly sequence: readonly Vocabulary[]
  readonly gap: number
}

/** A pattern, tried only where its gate is found (words that it cannot do without, or one of a few pieces of text): that is far cheaper to know. */
export interface Symbols {
  readonly pattern: RegExp
  readonly gate: Vocabulary | readonly string[]
}

/** Names a vocabulary of phrases. */
export function vocabulary(name: string, ...phrases: readonly string[]): Vocabulary {
  return { name, phrases }
}

/** Shorthand for vocabularies in a row. */
export function inOrder(gap: number, ...sequence: readonly Vocabulary[]): Sequence {
  return { sequence, gap }
}

/** Shorthand for a pattern of symbols. */
export function symbols(pattern: RegExp, gate: Symbols['gate']): Symbols {
  return { pattern, gate }
}

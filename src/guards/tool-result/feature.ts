/**
 * Kinds of signs. A kind counts once however often it is seen, with its strongest sign: an attack is recognised by several kinds
 * coming together, not by one word repeated.
 */
export type SignKind =
  | 'override'
  | 'impersonation'
  | 'address'
  | 'exfiltration'
  | 'coercion'
  | 'concealment'
  | 'pressure'
  | 'answer'
  | 'code'
  | 'persona'
  | 'disguise'

/** One sign: what it looks like, and how much it says. */
export interface Feature {
  readonly kind: SignKind
  /** In words, for the reason: `tells the reader to ignore instructions`. */
  readonly says: string
  /** 0 to 1: how likely an attack is when only this is seen. */
  readonly weight: number
  /** Runs on lower-case normalised text. Bounded repetition only, so that the work is linear. */
  readonly pattern: RegExp
}

/** Builds the features of one kind. */
export function features(
  kind: SignKind,
  rows: readonly (readonly [weight: number, says: string, pattern: RegExp])[],
): readonly Feature[] {
  return rows.map(([weight, says, pattern]) => ({ kind, says, weight, pattern }))
}

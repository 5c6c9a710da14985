/** How dangerous a tool's text looks: `low` passes, `medium` is to be read as data only, `high` is kept from the model. */
export type Level = 'low' | 'medium' | 'high'

/** What a scorer says of one text. */
export interface Verdict {
  readonly level: Level
  /** 0 to 1; rises with every kind of sign that is found. */
  readonly score: number
  /** The signs in words, or `nothing suspicious`. */
  readonly reason: string
}

/** Judges a text that a tool gave back. Must not be talked to: it looks for signs, it follows nothing. */
export interface ToolResultScorer {
  /** Never throws for any text; the work grows linearly with its length. */
  score(text: string): Verdict
}

/** Scores from here on are `medium`. */
export const MEDIUM_FROM = 0.4
/** Scores from here on are `high`. */
export const HIGH_FROM = 0.65

/** The level of a score. */
export function levelOf(score: number): Level {
  return score >= HIGH_FROM ? 'high' : score >= MEDIUM_FROM ? 'medium' : 'low'
}

/** Whether one level is more dangerous than the other. */
export function isWorse(one: Level, other: Level): boolean {
  return RANK[one] > RANK[other]
}

const RANK: Readonly<Record<Level, number>> = { low: 0, medium: 1, high: 2 }

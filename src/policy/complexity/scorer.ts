/*
 * How hard a call is, as a number from 0 to 1 and in a word: how much it would gain from a stronger model.
 *
 * Two judges have their say. The rule of thumb looks at the call (how much work is asked for, tools, thinking, the conversation). The trained one looks at the question: a
 * linear model over a few features, which learned from questions that a weak and a strong model answered where the strong one was right and the weak one was not. Its
 * answer is the place of the question among those that it learned from. The trained judge knows how questions compare, and little of what is far from them; the rule of
 * thumb keeps a greeting simple and a migration plan complex. Both together recover more of the difference between the models than either alone; `npm run eval -- complexity`
 * prints by how much. Neither knows the subject: where a wrong guess costs much, name the task instead.
 */
import type { Complexity } from '../../canonical/call-words.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import { type ComplexityWeights, featuresOf } from './features.ts'
import { lastAsk, ruleOfThumb } from './heuristic.ts'
import { WEIGHTS } from './weights.ts'

/** From this score on a call is `medium`. */
const MEDIUM_FROM = 0.3
/** From this score on a call is `complex`. */
const COMPLEX_FROM = 0.6
/** How much of the score is the trained judge's. */
const TRAINED_SHARE = 0.7

/** A text of fewer words is no question like those that were learned from. */
const LEAST_WORDS = 6

/** Judges a call. */
export function complexityOf(request: CanonicalRequest, weights: ComplexityWeights = WEIGHTS): Complexity {
  const thumb = ruleOfThumb(request).score
  const text = lastAsk(request)
  const trained = isLikeTraining(text) ? trainedScore(text, weights) : 0
  const score = Math.round(1000 * (1 - (1 - thumb) * (1 - TRAINED_SHARE * trained))) / 1000
  return labelled(score)
}

/** A score with its word. */
export function labelled(score: number): Complexity {
  return { label: score >= COMPLEX_FROM ? 'complex' : score >= MEDIUM_FROM ? 'medium' : 'simple', score }
}

/** The place of a question among those that were learned from, from 0 (gains least from a stronger model) to 1. */
export function trainedScore(text: string, weights: ComplexityWeights = WEIGHTS): number {
  return placeOf(gainOf(featuresOf(text), weights), weights.steps)
}

/** What a stronger model is expected to gain, as the training had it. */
export function gainOf(values: readonly number[], { features }: Pick<ComplexityWeights, 'features'>): number {
  let gain = 0
  for (const [at, { mean, deviation, weight }] of features.entries())
    gain += (weight * ((values[at] ?? 0) - mean)) / deviation
  return gain
}

function isLikeTraining(text: string): boolean {
  return (text.match(/\S+/g)?.length ?? 0) >= LEAST_WORDS
}

/** Where a value stands among the steps: 0 before the first, 1 after the last. */
function placeOf(value: number, steps: readonly number[]): number {
  const above = steps.findIndex((step) => step > value)
  if (above === -1) return 1
  if (above === 0) return 0
  const [below = 0, next = 0] = [steps[above - 1], steps[above]]
  return (above - 1 + (value - below) / (next - below || 1)) / (steps.length - 1)
}

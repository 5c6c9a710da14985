import type { Deployment } from '../providers/deployment.ts'
import { createAnswerLengths } from './answer-length.ts'
import { createLessons } from './lessons.ts'
import { type BytesPerToken, createOutputSizes, type OutputSeen, outputTokensOf } from './output-size.ts'
import { hidesOutput } from './unseen-output.ts'

/** A call, as far as the length of its answer is concerned. */
export interface AnswerAsk {
  readonly deployment: Deployment
  readonly task: string | null
  /** Whether tools are offered. */
  readonly tools: boolean
  /** Whether the call asks for reasoning. */
  readonly reasoning: boolean
  /** How many answers are asked for. */
  readonly answers: number
}

/** What was seen of an answer that ended, and what the provider counted. */
export interface AnswerSeen extends OutputSeen {
  /** As the provider says; null when the answer was cut before it said so. */
  readonly tokens: number | null
}

/** How seen output becomes tokens. */
export interface OutputScale extends BytesPerToken {
  /** Whether an event of a few bytes is taken for one token, as long as the bytes a token are only guessed. */
  readonly singles: boolean
}

/** What is known of answers before and while they come. It learns, and keeps what it learned in memory. */
export interface Answers {
  /** Whether all that such a call generates is seen while it streams, and hanging up ends the bill: only then can a stream be stopped in time. */
  canBeMetered(ask: AnswerAsk): boolean
  /** Output tokens that most answers do not pass, hidden ones included. Until some were seen: 1024, and twice that for models that think unseen. */
  expected(deployment: Deployment, task: string | null): number
  /** How its output becomes tokens while it is seen. */
  scale(deployment: Deployment, tools: boolean): OutputScale
  learn(ask: Pick<AnswerAsk, 'deployment' | 'task' | 'tools'>, seen: AnswerSeen): void
  /** How many answers of the model have taught their length; null once enough of them did. */
  taught(deployment: Deployment): number | null
}

/** Where nothing is known: longer than most answers of a chat are. */
const START_TOKENS = 1024
const START_TOKENS_UNSEEN = 2048

/** An answer that was cut would have been longer, nobody knows by how much. */
const CUT_FACTOR = 2

/** Knows nothing yet but the models that are known to think unseen. */
export function createAnswers(): Answers {
  const lengths = createAnswerLengths()
  const sizes = createOutputSizes()
  const lessons = createLessons()
  const expected: Answers['expected'] = ({ model }, task) =>
    lengths.expected(model, task) ?? (hidesOutput(model, false) ? START_TOKENS_UNSEEN : START_TOKENS)
  return {
    canBeMetered: ({ deployment: { model, endpoint }, reasoning, answers }) =>
      answers === 1 && endpoint.abortStopsBilling && !hidesOutput(model, reasoning) && !sizes.thinksUnseen(model),
    expected,
    scale({ model, dialects }, tools) {
      const ratio = sizes.bytesPerToken(model, tools)
      // Recorded: hosts of this format send each token of prose by itself, Anthropic sends two to thirty together.
      return { ...ratio, singles: dialects[0] === 'openai-chat' && !tools && !ratio.learned }
    },
    learn({ deployment, task, tools }, seen) {
      const { model } = deployment
      if (seen.tokens !== null) sizes.learn(model, tools, seen, seen.tokens)
      // A hold is to last for what the meter will count, which may be more than is billed.
      const metered = seen.events > 0 ? outputTokensOf(seen, sizes.bytesPerToken(model, tools).upper) : 0
      if (seen.tokens !== null) lengths.learn(model, task, Math.max(metered, seen.tokens))
      else if (metered * CUT_FACTOR > expected(deployment, task)) lengths.learn(model, task, metered * CUT_FACTOR)
      lessons.learned(model)
    },
    taught: ({ model }) => lessons.taught(model),
  }
}

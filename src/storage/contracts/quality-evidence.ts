import type { NanoUsd } from '../../canonical/money.ts'

/** Which calls are looked at. */
export interface QualityQuery {
  readonly task: string
  /** ms since 1970; `from` inclusive, `to` exclusive. */
  readonly from: number
  readonly to: number
  /** Only these deployments. Default: all that were asked. */
  readonly deployments?: readonly string[]
  /** Which of them are looked at when there are more than can be: the newest, or the first since `from`. Default `newest`. */
  readonly order?: 'newest' | 'first'
}

/** The most attempts, and the most words of users, that are looked at of one task. */
export const MOST_LOOKED_AT = 20_000

/** What the ledger knows of one deployment at one task. */
export interface QualityEvidence {
  readonly deployment: string
  readonly attempts: number
  /** Attempts that gave an answer: whole, cut, or not what was asked for. Who left, what never began and what was cut for want of money is not among them. */
  readonly answers: number
  /** Answers that came whole, within their length, and are what was asked for. */
  readonly valid: number
  /** Answers that were cut, or ran into their cap. */
  readonly incomplete: number
  /** Answers that are not the JSON, call tools with arguments or cite the sources that was asked for. */
  readonly invalid: number
  /** Answers that the model refused to give, or that its provider withheld; rightly or not. */
  readonly refused: number
  /** Attempts that gave no answer. */
  readonly errors: number
  /** Of all attempts. */
  readonly cost: NanoUsd
  /** Of the attempts that answered; null when none did. */
  readonly meanLatencyMs: number | null
  readonly p95LatencyMs: number | null
  /** Its answers to copies of calls that were compared with what the callers got, those that were better or as good, and those that were better. */
  readonly compared: number
  readonly notWorse: number
  readonly better: number
  /** Its answers to copies of calls that a model compared with what the callers got; those that it found better, and those that it found better or as good. */
  readonly judged: number
  readonly judgedBetter: number
  readonly judgedNotWorse: number
  /** Those of which it was asked and gave no verdict. */
  readonly judgeFailures: number
  readonly feedback: number
  /** The mean score, -1 to 1; null without feedback. */
  readonly meanScore: number | null
}

/** What is found wrong with an answer that is shown all the same: flags of its request. */
export const FLAWS: readonly string[] = [
  'json_invalid',
  'tool_arguments_invalid',
  'citations_missing',
  'citations_unknown',
]

/** How the answer to a copy of a call compares with the one that the caller got: flags of its request. */
export const COMPARED: readonly string[] = ['shadow_won', 'shadow_tied', 'shadow_lost']
/** Those that are good enough. */
export const NOT_WORSE: readonly string[] = ['shadow_won', 'shadow_tied']
/** Those that are better. */
export const BETTER: readonly string[] = ['shadow_won']

/** The same, as a model sees it that was asked to compare the two: flags of a request of the copy's trace. */
export const JUDGED: readonly string[] = ['judge_won', 'judge_tied', 'judge_lost']
/** Those that it finds better. */
export const JUDGED_BETTER: readonly string[] = ['judge_won']
/** Those that it finds good enough. */
export const JUDGED_NOT_WORSE: readonly string[] = ['judge_won', 'judge_tied']
/** The model gave no verdict. */
export const JUDGE_FAILED: readonly string[] = ['judge_failed']

/** A refusal in an answer that ended like any other: a flag of its request. */
export const REFUSED: readonly string[] = ['refused']
/** The finish reason of refusals that providers tell as such. */
export const WITHHELD = 'content-filter'

/** The answer was cut for want of the caller's money, which says nothing of the model: a flag of its request. */
export const NOT_ITS_FAULT: readonly string[] = ['budget_cut']

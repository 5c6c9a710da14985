import type { NanoUsd } from '../canonical/money.ts'
import type { ResponseFormat } from '../canonical/request.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { Step } from './policy.ts'
import type { Handover } from './policy-input.ts'
import type { RuleTrial } from './rules.ts'
import type { SkipReason } from './skip-reasons.ts'

/** Who set the output cap: the narrowest of what applies. */
export type CapSource = 'call' | 'task' | 'plan' | 'model' | 'context' | 'cost_ceiling' | 'default'

/** A deployment that was looked at. */
interface Considered extends Step {
  /** The 95th percentile of how long it took lately, in ms; null when too little is known. */
  readonly p95Ms: number | null
}

/** A deployment that may serve the call. */
export interface Candidate extends Considered {
  /** Upper estimate of the prompt, and of what tools that the provider runs bring into it. */
  readonly inputTokens: number
  /** The output cap to send, per answer. */
  readonly maxOutputTokens: number
  readonly cappedBy: CapSource
  /** The most that one attempt can cost, over all answers asked for. */
  readonly worstCase: NanoUsd
}

/** A deployment that may not, and why. */
export interface Skipped extends Considered {
  readonly reason: SkipReason
  /** The reason with its figures. */
  readonly detail: string
  /** The most that one attempt could cost there; absent where it was passed over before that was reckoned. */
  readonly worstCase?: NanoUsd
}

/** A parameter that policy set or changed. */
export interface Adjustment {
  readonly parameter: 'temperature' | 'top_p' | 'max_output_tokens'
  /** What the call said; null when it said nothing. */
  readonly asked: number | null
  readonly used: number
  readonly by: CapSource
}

/** What to send instead of what the call has; what is absent is left alone. */
export interface SetParameters {
  readonly temperature?: number
  readonly topP?: number
  readonly responseFormat?: ResponseFormat
}

/** How a call is to be run, and why. Immutable; `receipt` gives it as JSON. */
export interface Decision extends Handover {
  /** The task whose policy applied, else the call's own label, else null. */
  readonly task: string | null
  readonly requestedModel: string
  /** What led to the deployments: a rule of the task by its place, or (null) the task or the model itself. */
  readonly rule: { readonly task: string | null; readonly index: number | null; readonly text: string }
  /** The rules of the task that were tried, up to the one that fitted. */
  readonly trials: readonly RuleTrial[]
  /** In order of preference; never empty. */
  readonly candidates: readonly [Candidate, ...Candidate[]]
  /** Who is asked for a better answer when one is not what was asked for, in order. */
  readonly escalation: readonly Candidate[]
  readonly skipped: readonly Skipped[]
  /** All deployments in the order of the policy. */
  readonly considered: readonly (Candidate | Skipped)[]
  /** What others are a fallback and perhaps a downgrade from; skipped when another was put in its place before the call. */
  readonly firstChoice: Candidate | Skipped
  /** Whether a lesser model may serve in its place. */
  readonly mayDowngrade: boolean
  /** Of the first candidate; the cost is its worst case. */
  readonly estimate: { readonly inputTokens: number; readonly outputTokens: number; readonly cost: NanoUsd }
  /** How many answers are asked for. */
  readonly answers: number
  /** The most that the call may cost, as its task or the call itself says; null when nobody does. */
  readonly ceiling: NanoUsd | null
  /** The shortest cap that policy sets of its own accord: 4096 and the reasoning that was asked for. */
  readonly safeOutputTokens: number
  /** From the call's arrival; null is no deadline. */
  readonly deadlineMs: number | null
  /** Whether the answer is held against the format that was asked for. */
  readonly checksAnswer: boolean
  /** Whether the answer is held against the sources that it must cite. */
  readonly checksCitations: boolean
  /** Parameters to send instead of what the call has. */
  readonly parameters: SetParameters
  /** Whether a parameter other than the output cap differs from what the caller wrote. */
  readonly parametersChanged: boolean
  readonly adjustments: readonly Adjustment[]
  /** Set when a limit sent the call to a cheaper model: logical names, and what was full. */
  readonly downgraded: { readonly from: string; readonly to: string; readonly reason: string } | null
}

/** What was decided of a deployment that may serve the call; undefined when it may not. */
export function candidateOf({ candidates, escalation }: Decision, deployment: Deployment): Candidate | undefined {
  const isIt = (one: Candidate): boolean => one.deployment === deployment
  return candidates.find(isIt) ?? escalation.find(isIt)
}

/** A candidate that was passed over after all. */
export function skippedFrom(candidate: Candidate, reason: SkipReason, detail: string): Skipped {
  const { inputTokens: _, maxOutputTokens: __, cappedBy: ___, ...considered } = candidate
  return { ...considered, reason, detail }
}

/** Whether a considered deployment was passed over. */
export function isSkipped(one: Candidate | Skipped): one is Skipped {
  return 'reason' in one
}

/** What a call is reckoned to take of a candidate, for so many answers. */
export function estimateOf(
  { inputTokens, maxOutputTokens, worstCase }: Candidate,
  answers: number,
): Decision['estimate'] {
  return { inputTokens, outputTokens: maxOutputTokens * answers, cost: worstCase }
}

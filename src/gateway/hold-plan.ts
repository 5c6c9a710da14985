import { type Amounts, type Billionths, ONE_UNIT, wholeUnits } from '../canonical/amounts.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { Answers } from '../money/answers.ts'
import { firstTranche, shortTranche } from '../money/tranche.ts'
import type { Candidate, Decision } from '../policy/decision.ts'
import { SAFE_OUTPUT_TOKENS } from '../policy/examine.ts'
import type { Pricing } from '../policy/policy-input.ts'
import { tighten } from '../policy/tighten.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { AttemptBound } from './usage-row.ts'

/*
 * What a call holds before it runs. A stream that can be metered holds its prompt and the answer that is expected, and asks for more as it runs. All
 * others hold their whole cap, because nothing can stop them half way.
 */

/** What a plan is made from. */
export interface HoldAsk {
  readonly request: CanonicalRequest
  readonly decision: Decision
  readonly answers: Answers
  readonly pricing: Pricing
}

/** What is to be held. */
export interface HoldPlan {
  /** With caps that the money is to be enough for. */
  readonly decision: Decision
  /** Output tokens that a metered stream holds at first, for each deployment that can be metered. */
  readonly first: ReadonlyMap<Deployment, number>
  /** Deployments on which it is a stream that can be metered: it may hold less once more is known of answers. */
  readonly metered: ReadonlySet<Deployment>
  /** What metered streams hold at first, as far as it was asked. */
  readonly holds: Map<Deployment, AttemptBound>
}

const NO_TRANCHES: HoldPlan['first'] = new Map()
const NONE_METERED: HoldPlan['metered'] = new Set()
const NO_HOLDS: HoldPlan['holds'] = new Map()

/** What an answer is given whose length nobody asked for when money is short: so many times what is expected, and no less than this. */
const TIGHT_FACTOR = 3
const TIGHT_TOKENS = 512

/** What the call holds when there is enough money. */
export function holdPlan({ request, decision, answers }: HoldAsk): HoldPlan {
  if (!request.stream) return { decision, first: NO_TRANCHES, metered: NONE_METERED, holds: NO_HOLDS }
  const first = new Map<Deployment, number>()
  const metered = new Set<Deployment>()
  for (const { deployment, maxOutputTokens } of decision.candidates) {
    const ask = {
      deployment,
      task: decision.task,
      tools: (request.tools?.length ?? 0) > 0,
      reasoning: request.reasoning !== undefined && request.reasoning.effort !== 'none',
      answers: decision.answers,
    }
    if (!answers.canBeMetered(ask)) continue
    metered.add(deployment)
    const tokens = firstTranche(answers.expected(deployment, decision.task), maxOutputTokens)
    if (tokens < maxOutputTokens) first.set(deployment, tokens)
  }
  return { decision, first, metered, holds: new Map() }
}

/**
 * What it holds when that was too much: metered streams begin with less, and the others get shorter answers, where nobody asked for that length. Null when nothing
 * can be spared. `shared` says that other calls hold of the same money.
 */
export function shortPlan(
  { decision, first, metered }: HoldPlan,
  { answers, pricing }: HoldAsk,
  shared: boolean,
): HoldPlan | null {
  const shorter = new Map([...first].map(([deployment, tokens]) => [deployment, shortTranche(tokens, shared)]))
  const tight = tighten(decision, pricing, ({ deployment }) => {
    if (first.has(deployment)) return null
    const enough = Math.max(TIGHT_TOKENS, answers.expected(deployment, decision.task) * TIGHT_FACTOR)
    // What reasoning was asked for stays on top.
    return decision.safeOutputTokens - Math.max(0, SAFE_OUTPUT_TOKENS - enough)
  })
  const spares = [...first].some(([deployment, tokens]) => (shorter.get(deployment) ?? tokens) < tokens)
  return tight || spares ? { decision: tight ?? decision, first: shorter, metered, holds: new Map() } : null
}

/** What an attempt on a candidate holds at first, over all answers asked for. */
export function firstHold(candidate: Candidate, { decision, first, holds }: HoldPlan, pricing: Pricing): AttemptBound {
  const { deployment, inputTokens, maxOutputTokens, worstCase } = candidate
  const tokens = first.get(deployment)
  if (tokens === undefined) {
    return { cost: worstCase, inputTokens, outputTokens: maxOutputTokens * decision.answers }
  }
  let hold = holds.get(deployment)
  if (!hold) {
    const cost = pricing.bound(deployment, { inputTokens, maxOutputTokens: tokens }) ?? worstCase
    hold = { cost, inputTokens, outputTokens: tokens }
    holds.set(deployment, hold)
  }
  return hold
}

/** What the plan takes: of each unit, by the candidate that takes most of it. */
export function amountsOf(plan: HoldPlan, pricing: Pricing): Amounts {
  let usd: Billionths = 0n
  let tokens = 0
  for (const candidate of plan.decision.candidates) {
    const hold = firstHold(candidate, plan, pricing)
    if (hold.cost > usd) usd = hold.cost
    tokens = Math.max(tokens, hold.inputTokens + hold.outputTokens)
  }
  return { usd, tokens: wholeUnits(tokens), requests: ONE_UNIT }
}

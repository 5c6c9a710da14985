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
  /** What an attempt holds at first on each deployment where it is a stream that can be metered: it may hold less once more is known of answers. */
  readonly metered: ReadonlyMap<Deployment, AttemptBound>
}

const NONE_METERED: HoldPlan['metered'] = new Map()

/** What an answer is given whose length nobody asked for when money is short: so many times what is expected, and no less than this. */
const TIGHT_FACTOR = 3
const TIGHT_TOKENS = 512

/** What the call holds when there is enough money. */
export function holdPlan({ request, decision, answers, pricing }: HoldAsk): HoldPlan {
  if (!request.stream) return { decision, metered: NONE_METERED }
  const { task, answers: count } = decision
  const tools = (request.tools?.length ?? 0) > 0
  const reasoning = request.reasoning !== undefined && request.reasoning.effort !== 'none'
  const metered = new Map<Deployment, AttemptBound>()
  for (const candidate of decision.candidates) {
    const { deployment, maxOutputTokens } = candidate
    if (!answers.canBeMetered({ deployment, task, tools, reasoning, answers: count })) continue
    const tokens = firstTranche(answers.expected(deployment, task), maxOutputTokens)
    metered.set(deployment, holdFor(candidate, tokens, pricing))
  }
  return { decision, metered }
}

/**
 * What it holds when that was too much: metered streams begin with less, and the others get shorter answers, where nobody asked for that length. Null when nothing
 * can be spared. `shared` says that other calls hold of the same money.
 */
export function shortPlan(
  { decision, metered }: HoldPlan,
  { answers, pricing }: HoldAsk,
  shared: boolean,
): HoldPlan | null {
  const tight = tighten(decision, pricing, ({ deployment, maxOutputTokens }) => {
    if ((metered.get(deployment)?.outputTokens ?? maxOutputTokens) < maxOutputTokens) return null
    const enough = Math.max(TIGHT_TOKENS, answers.expected(deployment, decision.task) * TIGHT_FACTOR)
    // What reasoning was asked for stays on top.
    return decision.safeOutputTokens - Math.max(0, SAFE_OUTPUT_TOKENS - enough)
  })
  const shorter = new Map<Deployment, AttemptBound>()
  let spares = false
  for (const candidate of (tight ?? decision).candidates) {
    const { deployment, maxOutputTokens } = candidate
    const before = metered.get(deployment)?.outputTokens
    if (before === undefined) continue
    const tokens = before < maxOutputTokens ? shortTranche(before, shared) : maxOutputTokens
    if (tokens < before) spares = true
    shorter.set(deployment, holdFor(candidate, tokens, pricing))
  }
  return tight || spares ? { decision: tight ?? decision, metered: shorter } : null
}

/** What a stream on a candidate holds for so many tokens of its answer. */
function holdFor(candidate: Candidate, outputTokens: number, pricing: Pricing): AttemptBound {
  const { deployment, inputTokens, maxOutputTokens, worstCase } = candidate
  const isWhole = outputTokens >= maxOutputTokens
  const cost = isWhole ? null : pricing.bound(deployment, { inputTokens, maxOutputTokens: outputTokens })
  return { cost: cost ?? worstCase, inputTokens, outputTokens }
}

/** What an attempt on a candidate holds at first, over all answers asked for. */
export function firstHold(candidate: Candidate, { decision, metered }: HoldPlan): AttemptBound {
  const { deployment, inputTokens, maxOutputTokens, worstCase } = candidate
  const known = metered.get(deployment)
  return known ?? { cost: worstCase, inputTokens, outputTokens: maxOutputTokens * decision.answers }
}

/** What the plan takes: of each unit, by the candidate that takes most of it. */
export function amountsOf(plan: HoldPlan): Amounts {
  let usd: Billionths = 0n
  let tokens = 0
  for (const candidate of plan.decision.candidates) {
    const { cost, inputTokens, outputTokens } = firstHold(candidate, plan)
    if (cost > usd) usd = cost
    tokens = Math.max(tokens, inputTokens + outputTokens)
  }
  return { usd, tokens: wholeUnits(tokens), requests: ONE_UNIT }
}

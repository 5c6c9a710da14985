import type { CallContext } from '../access/context.ts'
import { type CallSignals, NO_SIGNALS } from './call-facts.ts'
import { type Candidate, isSkipped, type Skipped } from './decision.ts'
import type { Policy } from './policy.ts'
import type { Choice, Draw } from './strategies/strategy.ts'

/** A call, as far as strategies look at it. */
export interface CallToPlace {
  readonly context: Pick<CallContext, 'runId'>
  readonly traceId?: string | undefined
  readonly signals?: Pick<CallSignals, 'prefix'> | undefined
}

interface Ranked extends Choice {
  readonly candidate: Candidate
}

/**
 * The same deployments, those of each logical model in the order of its strategy, with those that may not serve behind them. Models keep their places among one
 * another: a fallback never comes before the default.
 */
export function arranged(
  considered: readonly (Candidate | Skipped)[],
  answers: number,
  call: CallToPlace,
  policy: Policy,
): readonly (Candidate | Skipped)[] {
  if (!considered.some(isBalanced)) return considered
  const draw = drawOf(call)
  const result: (Candidate | Skipped)[] = []
  for (let at = 0; at < considered.length; ) {
    const group = groupAt(considered, at)
    at += group.length
    const strategy = group[0]?.balance?.strategy
    const able = group.filter(isAble)
    if (!strategy || able.length < 2) result.push(...group)
    else {
      const ordered = strategy.order(ranked(able, answers, policy), draw)
      result.push(...ordered.map(({ candidate }) => candidate), ...group.filter(isSkipped))
    }
  }
  return result
}

function isBalanced({ balance }: Candidate | Skipped): boolean {
  return balance !== undefined
}

function isAble(one: Candidate | Skipped): one is Candidate {
  return !isSkipped(one)
}

function drawOf({ context, traceId = '', signals = NO_SIGNALS }: CallToPlace): Draw {
  return { seed: context.runId ?? traceId, prefix: () => signals.prefix() }
}

/** The deployments of one logical model that stand together. */
function groupAt(considered: readonly (Candidate | Skipped)[], from: number): readonly (Candidate | Skipped)[] {
  const first = considered[from]
  let end = from + 1
  while (considered[end]?.logicalName === first?.logicalName && considered[end]?.role === first?.role) end += 1
  return considered.slice(from, end)
}

function ranked(candidates: readonly Candidate[], answers: number, { pricing, runningOf }: Policy): readonly Ranked[] {
  // Where nobody names a cap, models differ in it: costs are compared for the shortest.
  const maxOutputTokens = Math.min(...candidates.map((candidate) => candidate.maxOutputTokens)) * answers
  return candidates.map((candidate) => {
    const { deployment, inputTokens, worstCase, p95Ms, balance } = candidate
    return {
      candidate,
      id: deployment.id,
      weight: balance?.weight ?? 1,
      cost: pricing.bound(deployment, { inputTokens, maxOutputTokens }) ?? worstCase,
      p95Ms,
      running: runningOf(deployment),
    }
  })
}

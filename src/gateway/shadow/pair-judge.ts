/*
 * A model that says which of two answers is better: the one that the caller got, or the copy's. It is a call of its own in the copy's trace, paid by what the copies of
 * the task may cost, and decided for the caller: who may not see the call may not see it here. It is not told whose the answers are, and by chance either comes first, so that
 * a liking for a place helps nobody. Without a verdict there is none: nobody else hears of it.
 */

import { needsOf } from '../../canonical/capability.ts'
import { textOf } from '../../canonical/content.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { SHADOW_JUDGE, shadowJudgeTask } from '../../canonical/shadow-tenant.ts'
import { answerText, pairMessages, requestText } from '../../guards/comparison/pair-question.ts'
import { type Better, readPairVerdict } from '../../guards/comparison/pair-verdict.ts'
import { spread } from '../../lib/spread.ts'
import type { Decision } from '../../policy/decision.ts'
import { decide, type RouteAsk } from '../../policy/route.ts'
import { AskedSignals } from '../call-signals.ts'
import type { Exchange } from '../exchange.ts'
import { promptSize } from '../prompt-size.ts'
import { executeCall } from '../stages/execute.ts'
import { switchedOff } from '../stages/route.ts'
import type { Checked } from '../stages.ts'
import { enterOwnCall, type OpenedCall, openOwnCall } from './own-call.ts'

/** Enough for a verdict and a short thought. */
const MOST_OUTPUT_TOKENS = 300
/** How long it may take: nobody waits for it, but it keeps a place. */
const DEADLINE_MS = 60_000

/** Two answers to one call. */
export interface AnswerPair {
  /** The copy, whose books are closed. */
  readonly copy: Pick<Exchange, 'traceId' | 'traceparent'>
  readonly served: CanonicalResponse
  readonly own: CanonicalResponse
}

/** Says that two answers are alike where anybody sees it; null where somebody has to be asked. */
export function comparedByChecks(served: CanonicalResponse, own: CanonicalResponse): 'tied' | null {
  const isSame = answerText(served) === answerText(own) && textOf(served.content).trim() === textOf(own.content).trim()
  return isSame ? 'tied' : null
}

/** Whether the answer that the caller got is shown first. It hangs on the copy's trace, which nobody knows before and everybody can look up later. */
export function isServedFirst(traceId: string): boolean {
  return spread(`first of ${traceId}`) < 0.5
}

/** Asks a model for its verdict on a pair, and books it. Never rejects. */
export async function judgePair(usual: Checked, pair: AnswerPair, model: string, signal: AbortSignal): Promise<void> {
  const asked = requestText(usual.request)
  if (asked === null) return
  const { copy, served, own } = pair
  const [first, second] = isServedFirst(copy.traceId) ? [served, own] : [own, served]
  const request: CanonicalRequest = {
    model,
    stream: false,
    messages: pairMessages({ request: asked, a: answerText(first), b: answerText(second) }),
    maxOutputTokens: MOST_OUTPUT_TOKENS,
  }
  const names = { feature: SHADOW_JUDGE, task: shadowJudgeTask(usual.decision.rule.task ?? '') }
  const opened = openOwnCall(usual, { request, flags: [], names, traceparent: copy.traceparent }, signal)
  const { exchange } = opened
  try {
    await run(usual, opened)
  } catch (error) {
    exchange.flags.push('judge_failed')
    await exchange.refuse(error)
  }
}

async function run(usual: Checked, opened: OpenedCall): Promise<void> {
  const { exchange } = opened
  const reserved = await enterOwnCall(usual, opened, decided(usual, opened))
  const { executed, request } = await executeCall({
    ...reserved,
    request: { ...opened.request, ...reserved.decision.parameters },
  })
  const { answer } = executed
  if (answer.kind === 'stream') throw new Error(`a whole answer of ${request.model} was asked for and a stream came`)
  exchange.flags.push(flagOf(readPairVerdict(answer.response), exchange.traceId))
  const answered = executed.running.close('completed', null, answer.summary, true)
  await exchange.settle({ status: 'completed', error: null, answered })
}

function flagOf(better: Better | null, traceId: string): string {
  if (better === null) return 'judge_failed'
  if (better === 'neither') return 'judge_tied'
  return (better === 'A') === isServedFirst(traceId) ? 'judge_lost' : 'judge_won'
}

/** Who may judge: decided with the caller's context, key and tenant, for a prompt of its own and of no task but the judge's. */
function decided(usual: Checked, { request, context }: OpenedCall): { ask: RouteAsk; decision: Decision } {
  const { engine, traceId } = usual.exchange
  const ask: RouteAsk = {
    model: request.model,
    // What the call may cost is said of the caller’s money.
    context: { ...usual.context, task: null, maxCostUsd: null },
    traceId,
    keyAllowedModels: usual.principal.allowedModels,
    prompt: promptSize(request, null),
    inboundDialect: null,
    needs: needsOf(request),
    maxOutputTokens: MOST_OUTPUT_TOKENS,
    ...(engine.policy.asksForSignals ? { signals: new AskedSignals({ ...usual, request, original: null }) } : {}),
    switchedOff: switchedOff(usual),
  }
  const decision = decide(ask, engine.policy)
  const text = `judge of a shadow; ${decision.rule.text}`
  return {
    ask,
    decision: {
      ...decision,
      task: context.task,
      rule: { task: null, index: null, text },
      escalation: [],
      checksAnswer: false,
      checksCitations: false,
      deadlineMs: Math.min(decision.deadlineMs ?? DEADLINE_MS, DEADLINE_MS),
    },
  }
}

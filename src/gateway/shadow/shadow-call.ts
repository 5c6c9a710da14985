/*
 * A copy of a call, given to another model. Its answer is compared with the one that the caller got, and then it is gone.
 *
 * It is decided, paid and booked like a call of its own, of a tenant of its own: what it costs is not the caller's. What keeps the caller's data where they belong is
 * decided for the caller.
 */
import type { ShadowConfig } from '../../config/sections/shadow.ts'
import { type AnswerFault, answerFault } from '../../guards/output/answer-fault.ts'
import type { Decision } from '../../policy/decision.ts'
import { decide } from '../../policy/route.ts'
import { executeCall } from '../stages/execute.ts'
import { reserve } from '../stages/reserve.ts'
import { reserveNow } from '../stages/reserve-now.ts'
import { switchedOff } from '../stages/route.ts'
import type { Checked, Reserved } from '../stages.ts'
import { openOwnCall } from './own-call.ts'

/** Runs the copy of a call whose caller has the answer. Rejects when it was not made: nothing is held or booked then. */
export async function runShadow(
  usual: Checked,
  fault: AnswerFault | null,
  shadow: ShadowConfig,
  signal: AbortSignal,
): Promise<void> {
  const reserved = await held(usual, shadow, signal)
  const { exchange, request } = reserved
  try {
    const { executed } = await executeCall(reserved)
    const { answer } = executed
    if (answer.kind === 'stream') throw new Error('a whole answer was asked for and a stream came')
    const own = answerFault(request.responseFormat, answer.response)
    exchange.flags.push(verdict(fault, own))
    if (own === 'json_invalid') exchange.flags.push(own)
    const answered = executed.running.close('completed', null, answer.summary, true)
    await exchange.settle({ status: 'completed', error: null, answered })
  } catch (error) {
    await exchange.refuse(error)
  }
}

/** An answer with a fault is worse than one without. */
function verdict(usual: AnswerFault | null, own: AnswerFault | null): string {
  if ((usual === null) === (own === null)) return 'shadow_tied'
  return own === null ? 'shadow_won' : 'shadow_lost'
}

async function held(usual: Checked, { use }: ShadowConfig, signal: AbortSignal): Promise<Reserved> {
  const { engine, traceId } = usual.exchange
  const { switchedOff: _, ...asked } = usual.ask
  const ask = { ...asked, ...switchedOff(usual), insteadOf: use, inboundDialect: null, streams: false }
  const decision = alone(decide(ask, engine.policy), traceId)
  const request = { ...usual.request, ...decision.parameters, model: use, stream: false }
  const missed = openOwnCall(usual, { request, ask, decision, flags: ['shadow'] }, signal)
  try {
    return reserveNow(missed) ?? (await reserve(missed))
  } catch (refused) {
    engine.running.end(missed.exchange)
    throw refused
  }
}

/** The first choice and nobody else, without what its task wants done about limits and answers: it is this model that is looked at. */
function alone(decision: Decision, traceId: string): Decision {
  return {
    ...decision,
    rule: { task: null, index: null, text: `shadow of trace ${traceId}; ${decision.rule.text}` },
    candidates: [decision.candidates[0]],
    escalation: [],
    checksAnswer: false,
  }
}

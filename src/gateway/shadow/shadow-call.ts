/*
 * A copy of a call, given to another model. Its answer is compared with the one that the caller got, and then it is gone.
 *
 * It is decided, paid and booked like a call of its own, of a tenant of its own: what it costs is not the caller's. What keeps the caller's data where they belong is
 * decided for the caller.
 */
import type { CanonicalResponse } from '../../canonical/response.ts'
import type { ShadowConfig } from '../../config/sections/shadow.ts'
import { type AnswerFault, answerFault } from '../../guards/output/answer-fault.ts'
import type { Decision } from '../../policy/decision.ts'
import { decide } from '../../policy/route.ts'
import { executeCall } from '../stages/execute.ts'
import { switchedOff } from '../stages/route.ts'
import type { Checked, Reserved, Routed } from '../stages.ts'
import { enterOwnCall, openOwnCall } from './own-call.ts'
import { comparedByChecks, judgePair } from './pair-judge.ts'

/** What the caller got. */
export interface Served {
  /** What is wrong with it. */
  readonly fault: AnswerFault | null
  /** Null where nobody listened, or it was too long. */
  readonly response: CanonicalResponse | null
}

/** Runs the copy of a call whose caller has the answer. Rejects when it was not made: nothing is held or booked then. */
export async function runShadow(
  usual: Checked,
  served: Served,
  shadow: ShadowConfig,
  signal: AbortSignal,
): Promise<void> {
  const reserved = await held(usual, shadow, signal)
  const { exchange } = reserved
  const own = await answered(reserved, served, shadow).catch((error: unknown) =>
    exchange.refuse(error).then(() => null),
  )
  if (own === null || shadow.judge === null || served.response === null) return
  const pair = { copy: exchange, served: served.response, own }
  await judgePair(usual, pair, shadow.judge, signal)
}

/** Gets the answer of the copy, compares what can be compared without asking anybody, and closes the books. Gives the answer where somebody is to be asked. */
async function answered(
  reserved: Reserved,
  { fault, response }: Served,
  { judge }: ShadowConfig,
): Promise<CanonicalResponse | null> {
  const { exchange } = reserved
  const { executed } = await executeCall(reserved)
  const { answer } = executed
  if (answer.kind === 'stream') throw new Error('a whole answer was asked for and a stream came')
  const own = faultIn(reserved, answer.response)
  exchange.flags.push(`shadow_${byFaults(fault, own)}`)
  if (own !== null && own !== 'cut' && own !== 'empty') exchange.flags.push(own)
  if (answer.response.content.some(({ type }) => type === 'refusal')) exchange.flags.push('refused')
  const isPlain = (fault === null) !== (own === null)
  const known = isPlain ? byFaults(fault, own) : response && comparedByChecks(response, answer.response)
  if (judge !== null && response !== null && known) exchange.flags.push(`judge_${known}`)
  const closed = executed.running.close('completed', null, answer.summary, true)
  await exchange.settle({ status: 'completed', error: null, answered: closed })
  return known ? null : answer.response
}

/** What is wrong with an answer to a call, by what the call and its task ask for. */
export function faultIn(
  { request, decision }: Pick<Routed, 'request' | 'decision'>,
  said: CanonicalResponse,
): AnswerFault | null {
  return answerFault(request.responseFormat, said, decision.checksCitations ? (request.documents ?? []) : null)
}

/** An answer with a fault is worse than one without. */
function byFaults(usual: AnswerFault | null, own: AnswerFault | null): 'won' | 'tied' | 'lost' {
  if ((usual === null) === (own === null)) return 'tied'
  return own === null ? 'won' : 'lost'
}

async function held(usual: Checked, { use }: ShadowConfig, signal: AbortSignal): Promise<Reserved> {
  const { engine, traceId } = usual.exchange
  const ask = { ...usual.ask, switchedOff: switchedOff(usual), insteadOf: use, inboundDialect: null, streams: false }
  const decision = alone(decide(ask, engine.policy), traceId)
  const request = { ...usual.request, ...decision.parameters, model: use, stream: false }
  const opened = openOwnCall(usual, { request, flags: ['shadow'] }, signal)
  return enterOwnCall(usual, opened, { ask, decision })
}

/**
 * The first choice and nobody else, without what its task wants done about limits and answers: it is this model that is looked at. Nor is its answer made shorter where
 * money is short, or it would be compared with one that was not.
 */
function alone(decision: Decision, traceId: string): Decision {
  const [first] = decision.candidates
  return {
    ...decision,
    rule: { task: null, index: null, text: `shadow of trace ${traceId}; ${decision.rule.text}` },
    candidates: [first.cappedBy === 'default' ? { ...first, cappedBy: 'task' } : first],
    escalation: [],
    checksAnswer: false,
  }
}

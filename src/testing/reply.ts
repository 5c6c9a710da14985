import { gzipSync } from 'node:zlib'
import type { JsonObject } from '../lib/json.ts'
import { type Fault, faultsOf, findFault } from './fault.ts'
import { bodySteps, halfBodySteps } from './json-steps.ts'
import { replyWithoutAnswer } from './no-answer.ts'
import type { Plan } from './plan.ts'
import type { CallFacts, Reply } from './planned-reply.ts'
import { replyHeaders } from './reply-headers.ts'
import type { Step } from './step.ts'
import { cutAt, overloaded, silence, streamSteps } from './stream-steps.ts'
import { outputTokens, type WallAnswer, wallAnswer } from './wall-answer.ts'
import type { WireRequest } from './wire-request.ts'
import { wireOf } from './wires.ts'

const SERVER_SENT_EVENTS = 'text/event-stream; charset=utf-8'

/** The reply to a request under a plan. */
export function replyTo(request: WireRequest, plan: Plan, call: CallFacts): Reply {
  const faults = faultsOf(plan.fault)
  const reply = replyWithoutAnswer(request, plan, faults, call) ?? replyWithAnswer(request, plan, faults, call)
  return plan.firstByteDelayMs ? { ...reply, steps: [...silence({}, plan.firstByteDelayMs), ...reply.steps] } : reply
}

function replyWithAnswer(request: WireRequest, plan: Plan, faults: readonly Fault[], call: CallFacts): Reply {
  const wire = wireOf(request.dialect)
  const answer = wallAnswer(request, plan, faults, { ...call, idPrefix: wire.idPrefix })
  const usage = wire.usage(answer)
  return {
    steps: request.stream
      ? streamedSteps(request, plan, faults, answer, call)
      : wholeSteps(request, plan, faults, answer, call),
    responseId: answer.id,
    usage,
    billed: wire.billed(usage),
    promptTokens: answer.promptTokens,
  }
}

function streamedSteps(
  request: WireRequest,
  plan: Plan,
  faults: readonly Fault[],
  answer: WallAnswer,
  call: CallFacts,
): readonly Step[] {
  const wire = wireOf(request.dialect)
  const good = wire.frames(answer, request.includeUsage)
  const bent = findFault(faults, 'usage')
  const headers = replyHeaders(request, plan, faults, wire.streamType ?? SERVER_SENT_EVENTS, call.number)
  const whole = streamSteps(bent ? wire.bendUsage(good, bent.how) : good, plan, faults, wire, wire.emptyFrame?.(answer))
  const cut = findFault(faults, 'cut-at')
  const steps = cut ? cutAt(whole, cut) : whole
  return [{ do: 'head', status: 200, headers }, ...(findFault(faults, 'gzip') ? steps.map(compressed) : steps)]
}

function wholeSteps(
  request: WireRequest,
  plan: Plan,
  faults: readonly Fault[],
  answer: WallAnswer,
  call: CallFacts,
): readonly Step[] {
  const wire = wireOf(request.dialect)
  const failed = findFault(faults, 'error-event') !== undefined
  const field = wire.usageField ?? 'usage'
  const { [field]: usage, ...rest } = wire.body(answer)
  const bent = findFault(faults, 'usage')?.how
  const body: JsonObject = bent === 'missing' ? rest : { ...rest, [field]: bent === 'null' ? null : (usage ?? null) }
  const text = JSON.stringify(failed ? overloaded(wire) : body)
  const plain = Buffer.from(findFault(faults, 'malformed') ? text.slice(0, -1) : text)
  const bytes = findFault(faults, 'gzip') ? gzipSync(plain) : plain
  const headers = replyHeaders(request, plan, faults, 'application/json', call.number)
  const steps =
    halfBodySteps(headers, bytes, faults) ??
    bodySteps(200, headers, bytes, failed ? 'error' : 'completed', outputTokens(answer))
  return plan.firstTokenDelayMs ? [...silence({}, plan.firstTokenDelayMs), ...steps] : steps
}

/** Every write as a gzip member of its own: together they are one legal compressed stream that flows event by event. */
function compressed(step: Step): Step {
  return step.do === 'write' ? { ...step, bytes: gzipSync(step.bytes) } : step
}

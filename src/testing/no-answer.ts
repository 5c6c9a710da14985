import { gzipSync } from 'node:zlib'
import type { JsonObject } from '../lib/json.ts'
import { errorReply } from './error-reply.ts'
import type { Fault } from './fault.ts'
import { bodySteps } from './json-steps.ts'
import type { Plan } from './plan.ts'
import type { CallFacts, Reply } from './planned-reply.ts'
import { type RawReply, splitBody } from './raw-reply.ts'
import { replyHeaders } from './reply-headers.ts'
import { plainWrite, type Step } from './step.ts'
import { overloaded, silence } from './stream-steps.ts'
import type { WireRequest } from './wire-request.ts'
import { wireOf } from './wires.ts'

const NOTHING: Omit<Reply, 'steps'> = {
  responseId: null,
  usage: null,
  billed: { inputTokens: 0, outputTokens: 0 },
  promptTokens: 0,
}

/** The reply of a plan that gives no answer: an error, a broken connection, raw bytes. Null when there is to be an answer. */
export function replyWithoutAnswer(
  request: WireRequest,
  plan: Plan,
  faults: readonly Fault[],
  call: CallFacts,
): Reply | null {
  if (plan.raw) return rawReplyOf(plan.raw)
  for (const fault of faults) {
    const reply = replyOfFault(fault, request, plan, faults, call)
    if (reply) return reply
  }
  return null
}

function replyOfFault(
  fault: Fault,
  request: WireRequest,
  plan: Plan,
  faults: readonly Fault[],
  call: CallFacts,
): Reply | null {
  const wire = wireOf(request.dialect)
  const headers = (type: string) => replyHeaders(request, plan, faults, type, call.number)
  const json = (status: number, body: JsonObject): Reply => ({
    ...NOTHING,
    steps: bodySteps(status, headers('application/json'), Buffer.from(JSON.stringify(body)), 'error'),
  })
  const empty = Buffer.alloc(0)

  switch (fault.kind) {
    case 'status': {
      const error = errorReply(fault, wire, call.nowMs, plan.usage)
      const steps = bodySteps(error.status, { ...headers(''), ...error.headers }, error.body, 'error')
      return { ...NOTHING, steps, ...(plan.usage ? { usage: plan.usage, billed: wire.billed(plan.usage) } : {}) }
    }
    case 'no-prefill':
      if (request.lastRole !== 'assistant') return null
      return json(400, wire.error(400, 'This model does not support assistant message prefill.'))
    case 'ok-error':
      return json(200, overloaded(wire))
    case 'empty-body':
      return { ...NOTHING, steps: bodySteps(200, headers('application/json'), empty, 'error') }
    case 'redirect': {
      const location = fault.location ?? `${call.url}/redirected`
      return { ...NOTHING, steps: bodySteps(fault.status ?? 302, { ...headers(''), location }, empty, 'error') }
    }
    case 'gzip-bomb': {
      const bomb = gzipSync(Buffer.alloc(fault.bytes, ' '))
      const packed = { ...headers('application/json'), 'content-encoding': 'gzip' }
      return { ...NOTHING, steps: bodySteps(200, packed, bomb, 'error') }
    }
    case 'reset':
    case 'close':
      return { ...NOTHING, steps: broken(fault.kind) }
    case 'garbage':
      return { ...NOTHING, steps: [{ do: 'garbage' }, ...broken('close')] }
    case 'hang':
      return { ...NOTHING, steps: [...silence({}, fault.forMs ?? Number.POSITIVE_INFINITY), ...broken('close')] }
    case 'silence': {
      const type = request.stream ? (wire.streamType ?? 'text/event-stream; charset=utf-8') : 'application/json'
      const head: Step = { do: 'head', status: 200, headers: headers(type) }
      return {
        ...NOTHING,
        steps: [head, ...silence(plan, fault.forMs ?? Number.POSITIVE_INFINITY), ...broken('close')],
      }
    }
    default:
      return null
  }
}

function broken(how: 'reset' | 'close'): readonly Step[] {
  return [
    { do: 'settle', outcome: 'cut' },
    { do: 'break', how },
  ]
}

/** A reply of exactly these bytes. */
export function rawReplyOf(raw: RawReply): Reply {
  return { ...NOTHING, steps: rawSteps(raw) }
}

function rawSteps(raw: RawReply): readonly Step[] {
  const writes = splitBody(raw).map((piece) => plainWrite(piece))
  return [
    { do: 'head', status: raw.status, headers: raw.headers ?? {} },
    ...writes.slice(0, -1),
    { do: 'settle', outcome: raw.status < 400 ? 'completed' : 'error' },
    ...writes.slice(-1),
    { do: 'end' },
  ]
}

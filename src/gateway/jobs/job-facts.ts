import { actsElsewhere } from '../../execution/acts-elsewhere.ts'
import type { JobFacts } from '../../jobs/call-job.ts'
import type { Routed } from '../stages.ts'
import { storedCall } from './stored-call.ts'

/** What a job is made of, of a call that is routed. */
export function jobFacts({ exchange, context, principal, request, decision }: Routed): JobFacts {
  const { call, traceId, traceparent, engine, started } = exchange
  const { deadlineMs, task } = decision
  return {
    traceId,
    context,
    keyId: principal.keyId,
    task,
    requestedModel: exchange.requestedModel,
    dialect: call.face === 'wire' ? call.dialect : 'library',
    stream: exchange.stream,
    repeatable: !actsElsewhere(request),
    taskLeftMs: deadlineMs === null ? null : Math.max(0, started + deadlineMs - engine.clock.monotonic()),
    stored: () => storedCall(call, { principal, traceId, traceparent }),
  }
}

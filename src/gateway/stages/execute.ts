import { execute } from '../../execution/execute.ts'
import { worstCaseOf } from '../exchange.ts'
import type { Answered, Reserved } from '../stages.ts'

/** Top-level body fields that are Headgate's own and never travel on. */
const OWN_FIELDS = ['documents']

/** Runs the attempts: gives the deployment that has begun to answer, or rejects with the last failure. */
export async function executeCall(reserved: Reserved): Promise<Answered> {
  const { exchange, decision, request, original, contentChanged, contextMetadata, promptCacheKey } = reserved
  const { engine } = exchange
  const span = exchange.trace.open('execute', 'llm')
  try {
    const executed = await execute(
      {
        targets: decision.candidates,
        request,
        inbound: {
          dialect: exchange.call.face === 'wire' ? exchange.call.dialect : null,
          original: contentChanged ? null : original,
          remove: OWN_FIELDS,
          removeMetadata: contextMetadata,
          parametersChanged: decision.parametersChanged,
        },
        promptCacheKey,
        deadlineAt: decision.deadlineMs === null ? null : exchange.started + decision.deadlineMs,
        signal: exchange.signal,
        onDispatch: (running, target) => exchange.dispatched(running, worstCaseOf(decision, target)),
        onFailed: (record) => exchange.attemptClosed(record),
      },
      engine.transport,
      engine.clock,
    )
    exchange.answeredBy(executed)
    exchange.trace.close(span, 'ok')
    return { ...reserved, executed }
  } catch (error) {
    exchange.trace.close(span, 'error')
    throw error
  }
}

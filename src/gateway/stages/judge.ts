import { abortSignalOf } from '../../lib/leave-signal.ts'
import { factsOf } from '../../policy/call-facts.ts'
import { asksComplexity } from '../../policy/complexity/asks-complexity.ts'
import { taskOf } from '../../policy/resolve-route.ts'
import { AskedSignals } from '../call-signals.ts'
import { promptSize } from '../prompt-size.ts'
import type { Authenticated } from '../stages.ts'

/** Whether a judge is to be asked before the call is routed: there is one, and how hard the call is decides its way. */
export function asksJudge(call: Authenticated): boolean {
  const { exchange, request, context, original } = call
  const { complexityJudge, policy } = exchange.engine
  if (complexityJudge === null) return false
  const task = taskOf(request.model, context.task, policy)
  if (!task || task.rules.length === 0) return false
  const prompt = promptSize(request, original?.bytes ?? null)
  return (
    asksComplexity(task, factsOf({ context, prompt, signals: new AskedSignals(call) }, task, policy)) && mayCome(call)
  )
}

/** Whether the call is not refused in any case: nobody pays to judge a call that is switched off. */
function mayCome({ exchange, request, context, principal }: Authenticated): boolean {
  const { draining, switches, policy, clock } = exchange.engine
  const task = taskOf(request.model, context.task, policy)?.policy.name ?? context.task
  return !draining() && switches.board().ofCall({ context, keyId: principal.keyId, task }, clock.now()) === null
}

/** Asks the judge how hard the call is. Never rejects; without a verdict the scorer answers when the rules ask. */
export async function judge(call: Authenticated): Promise<Authenticated> {
  const { exchange, request, context, principal } = call
  const { complexityJudge, policy, clock } = exchange.engine
  if (!complexityJudge) return call
  const span = exchange.trace.open('judge_complexity', 'gateway')
  const began = clock.monotonic()
  const maxLatencyMs = taskOf(request.model, context.task, policy)?.policy.maxLatencyMs ?? null
  const leftMs = maxLatencyMs === null ? null : Math.max(0, exchange.started + maxLatencyMs - began)
  const withinMs = leftMs === null ? complexityJudge.timeoutMs : Math.min(complexityJudge.timeoutMs, leftMs / 2)
  const { complexity, by, why, traceId, costUsd } = await complexityJudge.ask(
    { request, context, principal, signal: abortSignalOf(exchange.signal) },
    withinMs,
  )
  exchange.waited(clock.monotonic() - began)
  exchange.trace.close(span, complexity ? 'ok' : 'error', {
    'headgate.complexity.by': by,
    'headgate.complexity.label': complexity?.label,
    'headgate.complexity.score': complexity?.score,
    'headgate.complexity.why': why ?? undefined,
    'headgate.judge.trace_id': traceId ?? undefined,
    'headgate.judge.cost_usd': costUsd ?? undefined,
  })
  return complexity ? { ...call, judged: complexity } : call
}

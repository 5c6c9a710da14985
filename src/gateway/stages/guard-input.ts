import { guardMessages } from '../../guards/tool-result/guard-messages.ts'
import { verdictOf } from '../../guards/tool-result/guard-tool-result.ts'
import { type Admitted, type GuardedInput, passed } from '../stages.ts'

/** Checks every tool result of the conversation, where the operator asked for it: an attack is cut out, a doubtful text is marked as data. */
export function guardInput(admitted: Admitted): GuardedInput {
  const { exchange, request } = admitted
  const guard = exchange.engine.messageGuard
  if (!guard) return passed<GuardedInput>(admitted)
  const span = exchange.trace.open('guard tool results', 'guard')
  const guarded = guardMessages(request, guard, admitted.context.tenantId)
  exchange.flags.push(...guarded.flags)
  for (const finding of guarded.findings) exchange.engine.metrics.judged('tool_result', verdictOf(finding))
  if (guarded.findings.length === 0) exchange.engine.metrics.judged('tool_result', 'passed')
  exchange.trace.close(span, 'ok')
  return passed<GuardedInput>({ ...admitted, request: guarded.request, contentChanged: guarded.changed })
}

import { type CallContext, SILENT_CALL } from '../access/context.ts'
import type { KillSwitchRow } from '../storage/contracts/kill-switch-store.ts'
import type { KillSubject, KillTarget } from './kill-switch-scope.ts'

/* Calls and switches for tests. Not a contract itself: the name keeps it out of the build. */

/** A switch on a scope. */
export function switchOn(scope: KillSwitchRow['scope'], changes: Partial<KillSwitchRow> = {}): KillSwitchRow {
  const id = `kill_${JSON.stringify(scope)}`
  return { id, scope, reason: 'runaway', actor: 'key_1', cause: null, endsAt: null, createdAt: 0, ...changes }
}

/** A call of user u1 of tenant acme. */
export function subjectOf(changes: Partial<CallContext> = {}): KillSubject {
  const context = { ...SILENT_CALL, tenantId: 'acme', userId: 'u1', feature: 'chat', plan: 'free', ...changes }
  return { context, keyId: 'key_7', task: context.task ?? 'rag' }
}

/** A deployment that stands for the logical model `fast`. */
export const GPT: KillTarget = {
  logicalName: 'fast',
  deployment: { id: 'oa/gpt-4o', model: 'gpt-4o', endpoint: { provider: 'oa' } },
}

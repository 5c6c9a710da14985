import { QUALITIES, RISKS, SENSITIVITIES } from '../canonical/call-words.ts'
import type { CallContext } from './context.ts'

/** What an attribute is called when nothing names it: the tenant without keys, the feature of a bare SDK call. */
export const UNNAMED = 'default'

/** What is not read as it is said: who pays, who asks, and what comes from the tenant. */
export type Given = Pick<CallContext, 'tenantId' | 'userId' | 'task' | 'plan' | 'region'>

/** A context of what is said by snake_case names. `text` gives a checked value; null where nothing is said. */
export function contextOf(text: (name: string) => string | null, given: Given): CallContext {
  const number = (name: string): number | null => numberOf(text(name))
  return {
    tenantId: given.tenantId,
    userId: given.userId,
    teamId: text('team_id'),
    feature: text('feature') ?? UNNAMED,
    task: given.task,
    plan: given.plan,
    risk: oneOf(RISKS, text('risk')) ?? 'read_only',
    quality: oneOf(QUALITIES, text('quality')),
    priority: text('priority'),
    visibility: text('visibility'),
    dataSensitivity: oneOf(SENSITIVITIES, text('data_sensitivity')),
    region: given.region,
    latencyTargetMs: number('latency_target_ms'),
    maxCostUsd: number('max_cost_usd'),
    promptVersion: text('prompt_version'),
    runId: text('run_id'),
    retrievedDocuments: number('retrieved_documents'),
    permissionScope: text('permission_scope'),
  }
}

/** A context that is like another but for what is given. */
export function contextLike(known: CallContext, { tenantId, userId, task, plan, region }: Given): CallContext {
  return { ...known, tenantId, userId, task, plan, region }
}

function oneOf<Word extends string>(words: readonly Word[], value: string | null): Word | null {
  return words.find((word) => word === value) ?? null
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text)
}

import type { CallContext } from '../access/context.ts'
import type { LimitConfig } from '../config/sections/limits.ts'
import { REJECT } from '../config/sections/on-limit.ts'
import { createMemoryLimits } from '../storage/memory/limit-store.ts'
import { createAdmission, type EnterAsk } from './admission.ts'
import { subjectOf } from './kill-switch-world.contract.ts'
import { compileLimits } from './limit-rule.ts'

/* Limits, a gate in front of counts in memory, and calls that come to it. For tests; the name keeps it out of the build. */

/** A limit of the configuration; `requests` of a minute unless said otherwise. */
export function limitOf(changes: Partial<LimitConfig> & Pick<LimitConfig, 'per' | 'amount'>): LimitConfig {
  return { unit: 'requests', windowMs: 60_000, match: {}, onLimit: REJECT, ...changes }
}

/** A limit on running calls. */
export function placesOf(per: LimitConfig['per'], amount: number, changes: Partial<LimitConfig> = {}): LimitConfig {
  return limitOf({ per, amount, unit: 'concurrency', windowMs: null, ...changes })
}

/** What a call says about itself. */
export function contextOf(changes: Partial<CallContext> = {}): CallContext {
  return { ...subjectOf({ plan: null }).context, ...changes }
}

/** The model that calls are for. */
export const GPT = { logicalName: 'fast', deployment: { id: 'oa/gpt-4o', model: 'gpt-4o' } }

/** A gate with counts in memory and a clock that tests turn. */
export function limitWorld(limits: readonly LimitConfig[]) {
  const time = { nowMs: 0 }
  const clock = { now: () => 0, monotonic: () => time.nowMs }
  const store = createMemoryLimits({ clock })
  const admission = createAdmission({ store, clock, instance: 'ins' })
  const rules = compileLimits(limits)
  const call = (context: Partial<CallContext> = {}, changes: Partial<EnterAsk> = {}): EnterAsk => ({
    context: contextOf(context),
    keyId: 'key_1',
    task: null,
    ...GPT,
    rules,
    tokens: 100,
    signal: new AbortController().signal,
    ...changes,
  })
  return { time, clock, store, admission, call, enter: (ask = call()) => admission.enter(ask) }
}

/** What one attempt on the usual model used. */
export const USED = { counts: true, attempts: [{ model: 'gpt-4o', tokens: 100 }] }

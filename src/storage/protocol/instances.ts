import type { InstanceState, LedgerState, Outcome } from './ledger-state.ts'
import { notAlive } from './not-alive.ts'

/** The instance. Throws `notAlive` when it is unknown or was buried. */
export function livingInstance(state: LedgerState, instanceId: string): InstanceState {
  const instance = state.instances.get(instanceId)
  if (!instance || instance.buried) throw notAlive(instanceId)
  return instance
}

/** Gives an instance a lease. Throws `notAlive` when it was buried. */
export function register(state: LedgerState, instanceId: string, nowMs: number): Outcome<void> {
  if (state.instances.get(instanceId)?.buried) throw notAlive(instanceId)
  return seen(instanceId, nowMs)
}

/** Renews a lease. Throws `notAlive` when there is none. */
export function renew(state: LedgerState, instanceId: string, nowMs: number): Outcome<void> {
  livingInstance(state, instanceId)
  return seen(instanceId, nowMs)
}

/** Instances whose lease is over and that nobody has buried, by id. */
export function leaseless(state: LedgerState, leaseMs: number, nowMs: number): readonly string[] {
  return [...state.instances]
    .filter(([, { buried, seenAt }]) => !buried && seenAt <= nowMs - leaseMs)
    .map(([id]) => id)
    .sort()
}

function seen(instanceId: string, seenAt: number): Outcome<void> {
  return { changes: { instances: new Map([[instanceId, { seenAt, buried: false }]]) }, answer: undefined }
}

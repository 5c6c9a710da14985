import type { CallContext } from '../access/context.ts'
import type { RunWatch } from '../admission/runaway-runs.ts'
import type { NanoUsd } from '../canonical/money.ts'

/** What is known of an exchange when it closes. */
export interface ClosedCall {
  readonly context: CallContext
  /** What it cost, failed attempts included. */
  readonly cost: NanoUsd
}

/** Looks on when exchanges close, and changes nothing about them. Must not throw. */
export type Onlooker = (closed: ClosedCall) => void

/** Counts what runs have spent. */
export function runOnlooker(runs: RunWatch): Onlooker {
  return ({ context, cost }) => {
    if (context.runId !== null && cost > 0n) runs.spent(context.tenantId, context.runId, cost)
  }
}

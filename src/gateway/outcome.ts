import type { GatewayError } from '../errors/gateway-error.ts'
import type { AttemptRecord } from '../execution/running-attempt.ts'
import type { UsageStatus } from '../storage/contracts/ledger-store.ts'

/** How an exchange ended. */
export interface Outcome {
  readonly status: UsageStatus
  readonly error: GatewayError | null
  /** The attempt that answered, when one did. */
  readonly answered: AttemptRecord | null
}

import type { JobsConfig } from '../config/sections/jobs.ts'
import type { Clock } from '../lib/clock.ts'
import type { JobStore } from '../storage/contracts/job-store.ts'
import type { Turns } from './turns.ts'

/** What the jobs of a process share, as one of them sees it. */
export interface JobHost {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: { warn(facts: object, message: string): void }
  readonly turns: Turns
  /** Those of the configuration in force. */
  readonly settings: () => JobsConfig
  /** For how long a caller who did not ask for a job waits for room at a connection, in ms. */
  readonly connectionWaitMs: number
  /** Whether this process stops: nothing is tried again. */
  readonly isClosing: boolean
  /** The name under which this process has jobs; it is announced when it resolves. Rejects with GatewayError `ledger_unavailable`. */
  runner(): Promise<string>
  /** A job is here from now on. Throws GatewayError `queue_full`. */
  join(job: HostedJob): void
  /** It is not any more. */
  leave(job: HostedJob): void
  /** A job has ended, and somebody wants to be told. */
  ended(tell: boolean): void
}

/** A job in this process. */
export interface HostedJob {
  readonly id: string
  readonly tenantId: string
  readonly bytes: number
  readonly isDetached: boolean
  readonly isBegun: boolean
  cancelled(): void
  lost(): void
  handOver(): void
}

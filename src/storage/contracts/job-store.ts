import type { NanoUsd } from '../../canonical/money.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Page } from './ledger-reader.ts'

/*
 * Where jobs are kept: calls that were accepted and are answered later.
 *
 * Protocol. A job belongs to the runner that accepted it, because that one holds its money and its places; nobody else touches it while the runner is heard of
 * (`beat`). A runner that is silent for longer than the lease loses its jobs to whoever asks for some (`takeOver`). What changes a job names the runner that it
 * believes to be the owner, so of two that believe it one is told no: a job has one end. `cancel` needs no owner and wins against it; the owner learns of it with
 * its next beat.
 */

/** How a job stands. */
export const JOB_STATUSES = ['queued', 'running', 'completed', 'failed', 'cancelled', 'expired'] as const
/** One of these. */
export type JobStatus = (typeof JOB_STATUSES)[number]

/** A job, without what was asked and answered. */
export interface JobRow {
  readonly id: string
  readonly tenantId: string
  readonly userId: string | null
  readonly keyId: string | null
  readonly feature: string
  readonly task: string | null
  /** As the call named it. */
  readonly requestedModel: string
  /** The caller's format, or `library`. */
  readonly dialect: string
  readonly status: JobStatus
  readonly traceId: string
  /** `provider/model` that answered. */
  readonly servedModel: string | null
  readonly errorCode: string | null
  /** What its last run cost. */
  readonly cost: NanoUsd
  /** How often it was begun. */
  readonly runs: number
  /** Times by the store's clock, ms since 1970. */
  readonly createdAt: number
  readonly deadlineAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
}

/** What a job is made of. */
export interface NewJob
  extends Pick<
    JobRow,
    'id' | 'tenantId' | 'userId' | 'keyId' | 'feature' | 'task' | 'requestedModel' | 'dialect' | 'traceId'
  > {
  /** From now; then it expires. */
  readonly deadlineMs: number
  /** Whether it may be run again after it was begun: nothing that a provider does for it outlasts the call. */
  readonly repeatable: boolean
  /** Who asks and how: everything of the call but its body. No key is in it. */
  readonly call: JsonObject
  readonly body: Buffer
}

/** How a job ends. */
export interface JobEnd {
  readonly status: Exclude<JobStatus, 'queued' | 'running'>
  /** The answer or the error envelope in the caller's format, as JSON text; null for a job that was cancelled. */
  readonly content: string | null
  readonly errorCode: string | null
  readonly servedModel: string | null
  readonly cost: NanoUsd
}

/** A job whose runner is gone, in the hands of another. */
export interface TakenJob {
  readonly row: JobRow
  readonly call: JsonObject
  readonly body: Buffer
  readonly repeatable: boolean
  /** Whether its requests and tokens were counted on the rates when it was accepted, and not given back. */
  readonly counted: boolean
  /** Whether it had been begun. */
  readonly wasRunning: boolean
  /** Whether its deadline has passed. */
  readonly isLate: boolean
  /** Until its deadline. */
  readonly leftMs: number
}

/** What a runner hears. */
export interface Heartbeat {
  /** False when the runner was taken for dead: its jobs belong to others. */
  readonly alive: boolean
  /** Its jobs that somebody cancelled. */
  readonly cancelled: readonly string[]
}

/** A job whose end is to be told. */
export interface JobNews {
  readonly row: JobRow
  /** How often it was tried, this time included. */
  readonly tries: number
  /** Who has heard of it. */
  readonly told: readonly string[]
}

/** Which jobs to list. */
export interface JobQuery {
  /** 1 to 1000. */
  readonly limit: number
  readonly cursor?: string
  readonly tenantId?: string
  readonly status?: string
}

/** Where jobs are kept. All methods reject with GatewayError `ledger_unavailable`. */
export interface JobStore {
  /** Announces a runner, or says that it lives. */
  beat(runner: string): Promise<Heartbeat>
  /** Keeps a new job, as the runner's; durable when it resolves. The runner must have been announced. */
  add(job: NewJob, runner: string): Promise<JobRow>
  /** From queued to running; false when it is not this runner's any more, or not queued. */
  begin(id: string, runner: string): Promise<boolean>
  /** Ends a job, and forgets what was asked. `tell` says that somebody wants to know. False when the job is not this runner's, or has ended. */
  finish(id: string, runner: string, end: JobEnd, tell: boolean): Promise<boolean>
  /** Back to the queue, for whoever takes it over; what it counted on rates was given back. */
  release(id: string, runner: string): Promise<void>
  /** Ends a job that has not ended. Gives it as it is then; null when the tenant has none of this id. A tenant of null is any. */
  cancel(id: string, tenantId: string | null, tell: boolean): Promise<JobRow | null>
  /** A job and its content, when it has ended; null when the tenant has none of this id. A tenant of null is any. */
  find(id: string, tenantId: string | null): Promise<{ readonly row: JobRow; readonly content: string | null } | null>
  /** Newest first. */
  list(query: JobQuery): Promise<Page<JobRow>>
  /** Takes jobs of runners that were silent for `leaseMs`, or that were released: tenants in turn, the oldest first. They are queued and this runner's then, who is announced with that. */
  takeOver(runner: string, leaseMs: number, most: number): Promise<readonly TakenJob[]>
  /** Ends that are to be told now; nobody else is given them for `holdMs`. */
  news(most: number, holdMs: number): Promise<readonly JobNews[]>
  /** Who has heard of an end by now, and when to try the others again; null for never. */
  told(id: string, told: readonly string[], againInMs: number | null): Promise<void>
  /** Deletes up to `most` jobs that ended so long ago; gives how many. */
  forget(keepMs: number, most: number): Promise<number>
}

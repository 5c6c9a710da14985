/*
 * The jobs of this process, and those that others left.
 *
 * While there are jobs here the store hears of this runner every second, and says which of them somebody cancelled. A runner that was not heard of for the lease is taken for dead, and
 * learns of that when it is heard again: then all that it has is somebody else's. Every few seconds, and first of all at the start, a desk with room looks for jobs that were
 * left, for ends that are to be told, and for what is old enough to be deleted.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { JobsConfig } from '../config/sections/jobs.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { Post } from '../lib/signed-post.ts'
import type { JobRow, JobStore, TakenJob } from '../storage/contracts/job-store.ts'
import type { HostedJob, JobHost } from './job-host.ts'
import { tellNews } from './job-news.ts'
import { type JobCause, JobRun } from './job-run.ts'
import { Turns } from './turns.ts'

/** How patient a desk is. All in ms. */
export interface JobTimings {
  /** How often a runner with jobs is heard of. */
  readonly beatMs: number
  /** Silence after which it is dead. */
  readonly leaseMs: number
  /** How often jobs of the dead are looked for. */
  readonly lookMs: number
  /** For how long a caller who did not ask for a job waits for room at a connection. */
  readonly connectionWaitMs: number
}

/** What a desk needs. */
export interface JobDeskOptions {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: { warn(facts: object, message: string): void }
  readonly settings: () => JobsConfig
  readonly post: Post
  /** Runs a job that was left, in this process's own way; resolves when it has ended. When it rejects the job goes back. */
  readonly runAgain: (taken: TakenJob, run: (cause: JobCause) => JobRun) => Promise<void>
  readonly timings?: Partial<JobTimings>
}

/** How many jobs of this process wait, and how many run. */
type JobCounts = Readonly<Record<'queued' | 'running', number>>

/** The jobs, as the gateway sees them. */
export interface JobDesk {
  /** The job side of a call that comes in. */
  open(cause: JobCause): JobRun
  /** Ends a job that has not ended, wherever it is. Null when the tenant (null: any) has none of this id. */
  cancel(id: string, tenantId: string | null): Promise<JobRow | null>
  readonly find: JobStore['find']
  readonly list: JobStore['list']
  /** For how long a caller who did not ask for a job waits for room at a connection, in ms. */
  readonly connectionWaitMs: number
  /** How many jobs wait or run in this process. */
  readonly size: number
  /** The same, apart. */
  counts(): JobCounts
  /** Hands over what waits and takes nothing new; resolves when what runs has ended, or after so long. */
  drain(mostMs: number): Promise<void>
  /** Hands over everything and stops. */
  close(): Promise<void>
}

const TIMINGS: JobTimings = { beatMs: 1_000, leaseMs: 20_000, lookMs: 5_000, connectionWaitMs: 30_000 }
const MOST_OF_TENANT = 1_000
const MOST = 10_000
const MOST_BYTES = 256 * 1024 * 1024
const FORGET_EVERY_MS = 60_000
const FORGET_AT_ONCE = 1_000
const FAREWELL_MS = 5_000

/** Opens a desk. Its timers do not keep the process alive. */
export function createJobDesk(options: JobDeskOptions): JobDesk {
  return new Desk(options)
}

class Desk implements JobDesk, JobHost {
  readonly store: JobStore
  readonly clock: Clock
  readonly log: JobDeskOptions['log']
  readonly turns: Turns
  readonly settings: () => JobsConfig
  readonly find: JobStore['find']
  readonly list: JobStore['list']
  readonly #options: JobDeskOptions
  readonly #timings: JobTimings
  readonly #here = new Map<string, HostedJob>()
  readonly #ofTenant = new Map<string, number>()
  readonly #looking: NodeJS.Timeout
  #bytes = 0
  #name = newId('runner')
  #announced: Promise<void> | null = null
  #beating: NodeJS.Timeout | undefined
  #telling: NodeJS.Timeout | undefined
  #forgotAtMs = Number.NEGATIVE_INFINITY
  #busy = false
  #draining = false
  #idle = Promise.withResolvers<void>()

  constructor(options: JobDeskOptions) {
    this.#options = options
    this.#timings = { ...TIMINGS, ...options.timings }
    this.store = options.store
    this.clock = options.clock
    this.log = options.log
    this.settings = options.settings
    this.find = (id, tenantId) => options.store.find(id, tenantId)
    this.list = (query) => options.store.list(query)
    this.turns = new Turns(() => options.settings().concurrency)
    this.#looking = setInterval(() => void this.#look(), this.#timings.lookMs)
    this.#looking.unref()
    setImmediate(() => void this.#look())
  }

  isClosing = false

  get connectionWaitMs(): number {
    return this.#timings.connectionWaitMs
  }

  get size(): number {
    return this.#here.size
  }

  counts(): JobCounts {
    let running = 0
    for (const { isBegun } of this.#here.values()) if (isBegun) running += 1
    return { queued: this.#here.size - running, running }
  }

  open(cause: JobCause): JobRun {
    return new JobRun(this, cause)
  }

  async cancel(id: string, tenantId: string | null): Promise<JobRow | null> {
    const tell = this.settings().webhooks.length > 0
    const row = await this.store.cancel(id, tenantId, tell)
    if (row?.status === 'cancelled') {
      this.#here.get(id)?.cancelled()
      this.ended(tell)
    }
    return row
  }

  async runner(): Promise<string> {
    this.#announced ??= this.store.beat(this.#name).then(() => undefined)
    try {
      await this.#announced
    } catch (error) {
      this.#announced = null
      throw error
    }
    return this.#name
  }

  join(job: HostedJob): void {
    const own = this.#ofTenant.get(job.tenantId) ?? 0
    if (this.#draining) throw new GatewayError('no_deployment_available', 'This gateway is shutting down.')
    if (own >= MOST_OF_TENANT || this.#here.size >= MOST || this.#bytes + job.bytes > MOST_BYTES) {
      throw new GatewayError('queue_full', 'Too many jobs wait already; try again later.', { retryAfterSeconds: 10 })
    }
    this.#here.set(job.id, job)
    this.#ofTenant.set(job.tenantId, own + 1)
    this.#bytes += job.bytes
    this.#beating ??= setInterval(() => void this.#beat(), this.#timings.beatMs).unref()
  }

  leave(job: HostedJob): void {
    if (this.#here.get(job.id) !== job) return
    this.#here.delete(job.id)
    this.#bytes -= job.bytes
    const left = (this.#ofTenant.get(job.tenantId) ?? 1) - 1
    if (left === 0) this.#ofTenant.delete(job.tenantId)
    else this.#ofTenant.set(job.tenantId, left)
    if (this.#here.size > 0) return
    this.#idle.resolve()
    this.#idle = Promise.withResolvers()
    clearInterval(this.#beating)
    this.#beating = undefined
    this.#announced = null
  }

  ended(tell: boolean): void {
    if (tell) this.#tellIn(0)
  }

  async drain(mostMs: number): Promise<void> {
    this.#draining = true
    clearInterval(this.#looking)
    for (const job of [...this.#here.values()]) if (!job.isBegun) job.handOver()
    await this.#whenIdle(mostMs)
  }

  async close(): Promise<void> {
    await this.drain(0)
    for (const job of [...this.#here.values()]) job.handOver()
    await this.#whenIdle(FAREWELL_MS)
    this.isClosing = true
    clearInterval(this.#beating)
    clearTimeout(this.#telling)
  }

  async #whenIdle(mostMs: number): Promise<void> {
    if (this.#here.size === 0) return
    await Promise.race([this.#idle.promise, pause(mostMs, undefined, { ref: false })])
  }

  /** Is heard of. What was kept before the question and is not ours any more is over here. */
  async #beat(): Promise<void> {
    const before = [...this.#here.values()].filter(({ isDetached }) => isDetached)
    if (before.length === 0) return
    const name = this.#name
    try {
      const { alive, cancelled } = await this.store.beat(name)
      for (const id of cancelled) this.#here.get(id)?.cancelled()
      if (alive) return
      this.log.warn({ jobs: before.length }, 'this instance was silent for too long: others have its jobs')
      this.#name = newId('runner')
      this.#announced = null
      for (const job of before) job.lost()
    } catch (error) {
      this.log.warn({ err: error }, 'the jobs of this instance cannot be kept alive; it is tried again')
    }
  }

  async #look(): Promise<void> {
    if (this.#busy || this.#draining) return
    this.#busy = true
    try {
      await this.#takeOver()
      await this.#tell()
      await this.#forget()
    } catch (error) {
      if (!this.isClosing) this.log.warn({ err: error }, 'jobs cannot be looked for; it is tried again')
    } finally {
      this.#busy = false
    }
  }

  async #takeOver(): Promise<void> {
    const { free } = this.turns
    if (free === 0) return
    const name = this.#name
    const taken = await this.store.takeOver(name, this.#timings.leaseMs, free)
    if (taken.length > 0) this.#announced ??= Promise.resolve()
    for (const job of taken) {
      const running = this.#options.runAgain(job, (cause) => {
        const run = this.open(cause)
        run.resume(job, name)
        return run
      })
      running.catch((error: unknown) => {
        this.log.warn({ err: error, job: job.row.id }, 'a job that was left cannot be run; others may')
        return this.store.release(job.row.id, name).catch(() => undefined)
      })
    }
  }

  async #tell(): Promise<void> {
    const againInMs = await tellNews({ ...this.#options, webhooks: () => this.settings().webhooks })
    if (againInMs !== null) this.#tellIn(againInMs)
  }

  #tellIn(ms: number): void {
    if (this.isClosing || this.#telling) return
    const tell = (): void => {
      this.#telling = undefined
      this.#tell().catch((error: unknown) => this.log.warn({ err: error }, 'webhooks cannot be told of jobs now'))
    }
    this.#telling = setTimeout(tell, ms).unref()
  }

  async #forget(): Promise<void> {
    const nowMs = this.clock.monotonic()
    if (nowMs - this.#forgotAtMs < FORGET_EVERY_MS) return
    this.#forgotAtMs = nowMs
    while ((await this.store.forget(this.settings().keepMs, FORGET_AT_ONCE)) === FORGET_AT_ONCE) {
      if (this.isClosing) return
    }
  }
}

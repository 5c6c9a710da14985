/*
 * The life of one job in this process: of a call that is answered later.
 *
 * It goes through the same stages as any call. When everything is there to run it, or when it has to wait for room, it is kept in the store; from then on nobody waits at a connection,
 * and the caller who leaves does not end it. It holds its money and its places while it waits for its turn, runs, and ends with exactly one entry in the store:
 *
 *   on the connection → kept (queued) → begun (running) → ended
 *
 * What can come in between: somebody cancels it, its deadline passes, this process has to stop, or others took it over because this process was silent for too long.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Principal } from '../access/context.ts'
import { callerLeft } from '../errors/caller-left.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { newId } from '../lib/ids.ts'
import type { JobEnd, JobRow, TakenJob } from '../storage/contracts/job-store.ts'
import type { CallJob, ExpectedWait, JobFacts } from './call-job.ts'
import type { JobHost } from './job-host.ts'
import type { GiveBack } from './turns.ts'

/** How a call ended, in the format of its caller. */
export interface JobOutcome extends Pick<JobEnd, 'servedModel' | 'cost'> {
  /** Null when it was answered. */
  readonly error: GatewayError | null
  /** Whether it was refused because there was no room: it was never run. */
  readonly noRoom: boolean
  /** The answer or the error envelope, as JSON text. */
  readonly content: string
}

/** Why a call is, or may become, a job: it was asked to, there may be no room for as long as a connection can wait, or its process is gone. */
export type JobCause =
  | { readonly kind: 'asked' | 'overflow'; readonly caller: AbortSignal }
  | { readonly kind: 'again'; readonly taken: TakenJob; readonly principal: Principal }

type Fate = 'cancelled' | 'late' | 'lost' | 'handed over'

/** After so many beginnings a job is given up: it may be what ends the processes. */
export const MOST_RUNS = 3
const STORE_AGAIN_MS = 1_000

/** See above. */
export class JobRun implements CallJob {
  readonly id: string
  readonly principal: Principal | null
  readonly isCounted: boolean
  readonly waitsForRoom: boolean
  /** Resolves when the job is kept; it never rejects. */
  readonly kept: Promise<JobRow>
  readonly #host: JobHost
  readonly #cause: JobCause
  readonly #ending = new AbortController()
  readonly #whenKept = Promise.withResolvers<JobRow>()
  #keeping: Promise<void> | null = null
  #isKept = false
  #runner = ''
  #bytes = 0
  #tenantId = ''
  #repeatable = false
  #runs = 0
  #begun = false
  #fate: Fate | null = null
  #untilMs = Number.POSITIVE_INFINITY
  #deadline: NodeJS.Timeout | undefined
  /** Runs while the caller waits at the connection. */
  #connection: NodeJS.Timeout | undefined
  #giveBack: GiveBack | null = null
  readonly #follow = (): void => {
    if (this.#cause.kind !== 'again') this.#ending.abort(this.#cause.caller.reason)
  }

  constructor(host: JobHost, cause: JobCause) {
    this.#host = host
    this.#cause = cause
    this.kept = this.#whenKept.promise
    const again = cause.kind === 'again'
    this.id = again ? cause.taken.row.id : newId('job', host.clock.now())
    this.principal = again ? cause.principal : null
    this.isCounted = again && cause.taken.counted
    this.waitsForRoom = again
    if (!again) {
      cause.caller.addEventListener('abort', this.#follow, { once: true })
      if (cause.caller.aborted) this.#follow()
    }
  }

  /** Whether the call is to go on. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  get isDetached(): boolean {
    return this.#isKept
  }

  get isPatient(): boolean {
    return this.#isKept || this.#connection !== undefined
  }

  get leftMs(): number {
    return Math.max(0, this.#untilMs - this.#host.clock.monotonic())
  }

  /** What it holds in memory. */
  get bytes(): number {
    return this.#bytes
  }

  get tenantId(): string {
    return this.#tenantId
  }

  /** Whether it has begun to be run. */
  get isBegun(): boolean {
    return this.#begun
  }

  /** Ends the call, telling why. */
  readonly dismiss = (why: GatewayError): void => this.#ending.abort(why)

  /** Takes up a job that another process left; it is this one's already. */
  resume({ row, body, repeatable, leftMs }: TakenJob, runner: string): void {
    this.#hold(row.tenantId, body.length, repeatable)
    this.#runs = row.runs
    this.#detach(row, runner, leftMs)
  }

  async waits(facts: JobFacts, { mostMs, roomInMs }: ExpectedWait): Promise<void> {
    // It would be refused, as any call is.
    if (this.#isKept || (roomInMs ?? 0) > mostMs) return
    if (this.#cause.kind === 'asked') return this.#keep(facts)
    const { connectionWaitMs } = this.#host
    if (facts.stream || mostMs <= connectionWaitMs) return
    const connectionMs = Math.min(connectionWaitMs, facts.taskLeftMs ?? connectionWaitMs)
    if ((roomInMs ?? 0) > connectionMs) return this.#keep(facts)
    clearTimeout(this.#connection)
    this.#connection = setTimeout(() => {
      this.#keep(facts).catch((error: GatewayError) => this.dismiss(error))
    }, connectionMs)
  }

  async turn(facts: JobFacts): Promise<void> {
    clearTimeout(this.#connection)
    this.#connection = undefined
    if (this.#cause.kind === 'asked') await this.#keep(facts)
    else await this.#keeping
    if (!this.#isKept) return
    this.#giveBack = await this.#host.turns.take(this.#tenantId, this.signal)
    if (!(await this.#host.store.begin(this.id, this.#runner))) {
      this.lost()
      throw callerLeft(this.signal)
    }
    this.signal.throwIfAborted()
    this.#runs += 1
    this.#begun = true
  }

  /** Somebody cancelled it. */
  cancelled(): void {
    this.#seal('cancelled', new GatewayError('client_closed', 'The job was cancelled.'))
  }

  /** Others have it. */
  lost(): void {
    this.#seal('lost', new GatewayError('client_closed', 'The job is run by another instance.'))
  }

  /** This process stops: the job goes on elsewhere, where that is safe. */
  handOver(): void {
    const message = this.#begun ? 'This gateway stopped while the job ran.' : 'This gateway stopped before the job ran.'
    this.#seal('handed over', new GatewayError('no_deployment_available', message))
  }

  /** The call is over. Resolves when that is in the store, or others have to see to it. Never rejects. */
  async end(outcome: JobOutcome): Promise<void> {
    clearTimeout(this.#deadline)
    clearTimeout(this.#connection)
    this.#giveBack?.()
    await this.#keeping?.catch(() => undefined)
    if (this.#isKept) await this.#write(() => this.#enter(outcome))
    this.#host.leave(this)
  }

  async #enter(outcome: JobOutcome): Promise<void> {
    const { store, settings } = this.#host
    if (this.#goesBack(outcome)) return store.release(this.id, this.#runner)
    const end = { ...outcome, status: this.#statusOf(outcome), errorCode: outcome.error?.code ?? null }
    const tell = settings().webhooks.length > 0
    if (await store.finish(this.id, this.#runner, end, tell)) this.#host.ended(tell)
  }

  #statusOf({ error, noRoom }: JobOutcome): JobEnd['status'] {
    if (!error) return 'completed'
    if (this.#fate === 'cancelled') return 'cancelled'
    return this.#fate === 'late' || (noRoom && !this.#begun) ? 'expired' : 'failed'
  }

  /** Whether it is to be run again, here or elsewhere: what was in the way has nothing to do with it. */
  #goesBack({ error }: JobOutcome): boolean {
    if (!error || (this.#begun && (!this.#repeatable || this.#runs >= MOST_RUNS))) return false
    return this.#fate === 'handed over' || (this.#fate === null && error.code === 'ledger_unavailable')
  }

  /** Until it is written, or this process stops: then others find a job whose runner is gone. */
  async #write(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (this.#host.isClosing || this.#fate === 'lost') return
        this.#host.log.warn({ err: error, job: this.id }, 'the end of a job could not be written; it is tried again')
        await pause(STORE_AGAIN_MS, undefined, { ref: false })
      }
    }
  }

  #keep(facts: JobFacts): Promise<void> {
    this.#keeping ??= this.#add(facts)
    return this.#keeping
  }

  async #add(facts: JobFacts): Promise<void> {
    const { store, settings } = this.#host
    const { deadlineMs } = settings()
    const { call, body } = facts.stored()
    this.#hold(facts.context.tenantId, body.length, facts.repeatable)
    const runner = await this.#host.runner()
    const job = {
      id: this.id,
      tenantId: facts.context.tenantId,
      userId: facts.context.userId,
      keyId: facts.keyId,
      feature: facts.context.feature,
      task: facts.task,
      requestedModel: facts.requestedModel,
      dialect: facts.dialect,
      traceId: facts.traceId,
      repeatable: facts.repeatable,
      deadlineMs,
      call,
      body,
    }
    const row = await store.add(job, runner)
    if (this.signal.aborted) {
      // Its caller left before there was an id to ask for it by.
      await store.cancel(this.id, null, false).catch(() => undefined)
      this.#fate = 'cancelled'
    }
    this.#detach(row, runner, deadlineMs)
    this.#whenKept.resolve(row)
  }

  #hold(tenantId: string, bytes: number, repeatable: boolean): void {
    this.#tenantId = tenantId
    this.#bytes = bytes
    this.#repeatable = repeatable
    this.#host.join(this)
  }

  #detach(row: JobRow, runner: string, leftMs: number): void {
    this.#isKept = true
    this.#runner = runner
    this.#runs = row.runs
    if (this.#cause.kind !== 'again') this.#cause.caller.removeEventListener('abort', this.#follow)
    this.#untilMs = this.#host.clock.monotonic() + leftMs
    this.#deadline = setTimeout(() => {
      this.#seal('late', new GatewayError('deadline_exceeded', 'The deadline of the job passed before it was done.'))
    }, leftMs)
    this.#deadline.unref()
  }

  /** The first that ends it says why. */
  #seal(fate: Fate, why: GatewayError): void {
    if (this.#fate !== null) return
    this.#fate = fate
    this.dismiss(why)
  }
}

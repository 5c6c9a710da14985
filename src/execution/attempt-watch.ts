import type { GatewayError } from '../errors/gateway-error.ts'
import { Alarm, type Rung } from '../lib/alarm.ts'
import { Leave, type LeaveSignal, ONCE } from '../lib/leave-signal.ts'
import type { Deployment } from '../providers/deployment.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { failureOfTransport } from './classify-failure.ts'
import { TransportFailure } from './transport.ts'

/**
 * Who may end one attempt: its caller, at any time, and the clock of the first content, until that content is there. A caller's
 * signal may live as long as its process, so the watch lets go of it as soon as the attempt is over.
 *
 * It is the signal of its own upstream call: an AbortController for each attempt would cost as much as all the rest of it.
 */
export class AttemptWatch extends Leave implements Rung {
  readonly #caller: LeaveSignal
  #limitMs: number
  /** Rings for one deadline at a time, so it is time when it rings. */
  readonly #alarm = new Alarm(this)
  #late = false

  /** Starts the clock. */
  constructor(caller: LeaveSignal, limitMs: number) {
    super()
    this.#caller = caller
    this.#limitMs = Math.max(1, limitMs)
    this.#wait(this.#limitMs)
    if (caller.aborted) this.abort()
    else caller.addEventListener('abort', this, ONCE)
  }

  /** The first content is there: from now on only the caller may end the call. */
  begun(): void {
    this.#alarm.off()
  }

  /** The first content is there, and the whole answer is to be there `limitMs` after the beginning, `leftMs` from now. */
  begunUntil(limitMs: number, leftMs: number): void {
    this.#alarm.off()
    this.#limitMs = limitMs
    this.#wait(leftMs)
  }

  /** The attempt is over: nobody need watch any longer. */
  over(): void {
    this.#alarm.off()
    this.#caller.removeEventListener('abort', this)
  }

  /** The attempt is over and failed: whatever of the upstream call still runs is ended too. */
  abandon(): void {
    this.over()
    this.abort()
  }

  /** The failure as it is, but a call that this clock ended is a timeout and not a caller who left. */
  blame(deployment: Deployment, failure: AttemptFailure | GatewayError): Error {
    if (!this.#late || !(failure instanceof AttemptFailure) || failure.failure !== 'client_gone') return failure
    const slow = new TransportFailure(
      'first-byte-timeout',
      failure.mayCost,
      `no answer within ${Math.round(this.#limitMs)} ms`,
    )
    const late = failureOfTransport(deployment, slow, false)
    return failure.summary ? late.of(failure.summary, failure.remains) : late
  }

  #wait(ms: number): void {
    const { now } = this.#alarm
    this.#alarm.by(now + ms, now)
  }

  /** It is too late. */
  ring(): void {
    this.#late = true
    this.abort()
  }

  /** The caller left. */
  handleEvent(): void {
    this.abort()
  }
}

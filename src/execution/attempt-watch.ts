import type { GatewayError } from '../errors/gateway-error.ts'
import type { Deployment } from '../providers/deployment.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { failureOfTransport } from './classify-failure.ts'
import { TransportFailure } from './transport.ts'

/**
 * Who may end one attempt: its caller, at any time, and the clock of the first content, until that content is there. A caller's
 * signal may live as long as its process, so the watch lets go of it as soon as the attempt is over.
 */
export class AttemptWatch {
  readonly #ended = new AbortController()
  readonly #caller: AbortSignal
  readonly #limitMs: number
  readonly #timer: NodeJS.Timeout
  #late = false
  readonly #onAbort = () => this.#ended.abort()

  /** Starts the clock. */
  constructor(caller: AbortSignal, limitMs: number) {
    this.#caller = caller
    this.#limitMs = Math.max(1, limitMs)
    this.#timer = setTimeout(() => {
      this.#late = true
      this.#ended.abort()
    }, this.#limitMs)
    if (caller.aborted) this.#ended.abort()
    else caller.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Ends the upstream call. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** The first content is there: from now on only the caller may end the call. */
  begun(): void {
    clearTimeout(this.#timer)
  }

  /** The attempt is over: nobody need watch any longer. */
  over(): void {
    clearTimeout(this.#timer)
    this.#caller.removeEventListener('abort', this.#onAbort)
  }

  /** The attempt is over and failed: whatever of the upstream call still runs is ended too. */
  abandon(): void {
    this.over()
    this.#ended.abort()
  }

  /** The failure as it is, but a call that this clock ended is a timeout and not a caller who left. */
  blame(deployment: Deployment, failure: AttemptFailure | GatewayError): Error {
    if (!this.#late || !(failure instanceof AttemptFailure) || failure.failure !== 'client_gone') return failure
    const slow = new TransportFailure('first-byte-timeout', failure.mayCost, `no answer within ${this.#limitMs} ms`)
    return failureOfTransport(deployment, slow, false)
  }
}

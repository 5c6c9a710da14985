import { GatewayError } from '../../errors/gateway-error.ts'

/** How many copies of calls run at the same time in one process. More are not made: they can wait for ever. */
const MOST_AT_ONCE = 8

/** The copies of calls that run. */
export class RunningShadows {
  readonly #running = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  /** Whether one more may begin. */
  get hasRoom(): boolean {
    return this.#running.size < MOST_AT_ONCE && !this.#closing.signal.aborted
  }

  /** Begins one. Nobody waits for it; what goes wrong in it is told to `failed`. */
  begin(run: (signal: AbortSignal) => Promise<void>, failed: (error: unknown) => void): void {
    const running = run(this.#closing.signal)
      .catch(failed)
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Waits for those that run. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  /** Ends all that run, and waits until their books are closed. */
  close(): Promise<void> {
    this.#closing.abort(new GatewayError('no_deployment_available', 'The gateway shuts down.'))
    return this.idle()
  }
}

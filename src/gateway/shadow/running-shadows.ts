import { GatewayError } from '../../errors/gateway-error.ts'

/** How many copies of calls run at the same time in one process. More are not made: they can wait for ever. */
const MOST_AT_ONCE = 8

/** How many streams are listened to at the same time. What was said is kept until the stream has ended. */
const MOST_LISTENED_TO = 64

/** The copies of calls that run. */
export class RunningShadows {
  readonly #running = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  #listening = 0

  /** Whether one more may begin. */
  get hasRoom(): boolean {
    return this.#running.size < MOST_AT_ONCE && !this.#closing.signal.aborted
  }

  /** Takes a place to listen to a stream; null when there is none. */
  listen(): { end(): void } | null {
    if (this.#listening >= MOST_LISTENED_TO) return null
    this.#listening += 1
    let isOver = false
    return {
      end: () => {
        if (!isOver) this.#listening -= 1
        isOver = true
      },
    }
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

import { GatewayError } from '../errors/gateway-error.ts'

/** Work that may be done a few at a time: what waits longer than its patience is refused. */
export class Lanes {
  readonly #most: number
  readonly #patienceMs: number
  readonly #waiting = new Set<() => void>()
  #busy = 0

  constructor(most: number, patienceMs: number) {
    this.#most = most
    this.#patienceMs = patienceMs
  }

  /** Does the work when there is room. Rejects with GatewayError `ledger_unavailable` when there is none for too long. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#busy >= this.#most) await this.#room()
    else this.#busy += 1
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next) next()
      else this.#busy -= 1
    }
  }

  /** A place that somebody else leaves; it stays counted. */
  #room(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(enter)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(enter)
        const message = 'The store of idempotency keys is too slow right now; try again shortly.'
        reject(new GatewayError('ledger_unavailable', message, { retryAfterSeconds: 1 }))
      }, this.#patienceMs)
      this.#waiting.add(enter)
    })
  }
}

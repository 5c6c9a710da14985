import { callerLeft } from '../errors/caller-left.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'

interface Waiter {
  readonly begin: () => void
}

/** Gives back a place. */
export type GiveBack = () => void

/**
 * Which jobs of this process may run: so many at once, and of those that wait first those of the tenant that has the fewest running, so that a thousand jobs of one tenant
 * are not in front of the first of another. Within a tenant it is first come, first served.
 */
export class Turns {
  readonly #places: () => number
  readonly #waiting = new Map<string, Waiter[]>()
  readonly #running = new Map<string, number>()
  #busy = 0
  #length = 0

  /** `places` is asked each time: a reload may change it. */
  constructor(places: () => number) {
    this.#places = places
  }

  /** Places that neither run nor are waited for. */
  get free(): number {
    return Math.max(0, this.#places() - this.#busy - this.#length)
  }

  /** Waits for a place. Rejects with GatewayError `client_closed`, or the signal's own, when the job is ended before. */
  async take(tenantId: string, signal: LeaveSignal): Promise<GiveBack> {
    if (signal.aborted) throw callerLeft(signal)
    if (this.free === 0) await this.#wait(tenantId, signal)
    else this.#begin(tenantId)
    let given = false
    return () => {
      if (given) return
      given = true
      this.#end(tenantId)
    }
  }

  #wait(tenantId: string, signal: LeaveSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#remove(tenantId, waiter)
        reject(callerLeft(signal))
      }
      const waiter: Waiter = {
        begin: () => {
          signal.removeEventListener('abort', leave)
          this.#remove(tenantId, waiter)
          this.#begin(tenantId)
          resolve()
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      const waiters = this.#waiting.get(tenantId)
      if (waiters) waiters.push(waiter)
      else this.#waiting.set(tenantId, [waiter])
      this.#length += 1
    })
  }

  #remove(tenantId: string, waiter: Waiter): void {
    const rest = (this.#waiting.get(tenantId) ?? []).filter((one) => one !== waiter)
    if (rest.length === 0) this.#waiting.delete(tenantId)
    else this.#waiting.set(tenantId, rest)
    this.#length -= 1
  }

  #begin(tenantId: string): void {
    this.#busy += 1
    this.#running.set(tenantId, (this.#running.get(tenantId) ?? 0) + 1)
  }

  #end(tenantId: string): void {
    this.#busy -= 1
    const left = (this.#running.get(tenantId) ?? 1) - 1
    if (left === 0) this.#running.delete(tenantId)
    else this.#running.set(tenantId, left)
    while (this.#length > 0 && this.#busy < this.#places()) this.#next()?.begin()
  }

  #next(): Waiter | undefined {
    let fewest = Number.POSITIVE_INFINITY
    let next: Waiter | undefined
    for (const [tenantId, [first]] of this.#waiting) {
      const running = this.#running.get(tenantId) ?? 0
      if (running >= fewest) continue
      fewest = running
      next = first
    }
    return next
  }
}

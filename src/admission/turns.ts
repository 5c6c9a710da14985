import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Slot } from '../storage/contracts/limit-store.ts'

interface Waiter {
  readonly slots: readonly Slot[]
  readonly wake: () => void
}

/** Calls of this process that wait for a place, in the order in which they came. */
export class Turns {
  readonly #waiters = new Set<Waiter>()

  /** How many wait. */
  get size(): number {
    return this.#waiters.size
  }

  /** Waits until one of these places may be free, the caller leaves, or so much time has passed. */
  next(slots: readonly Slot[], signal: LeaveSignal, mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#waiters.delete(waiter)
        resolve()
      }
      const waiter: Waiter = { slots, wake: done }
      const timer = setTimeout(done, mostMs)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
      else this.#waiters.add(waiter)
    })
  }

  /** Says that these places came back: who waits for one asks again, of each holder the one that waits for longest. */
  free(slots: readonly Slot[]): void {
    if (this.#waiters.size === 0) return
    const told = new Set<string>()
    for (const waiter of [...this.#waiters]) {
      for (const { rule, value, holder } of waiter.slots) {
        const place = `${rule.id}\n${value}\n${holder}`
        if (told.has(place) || !slots.some((slot) => slot.rule.id === rule.id && slot.value === value)) continue
        told.add(place)
        waiter.wake()
      }
    }
  }
}

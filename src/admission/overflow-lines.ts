/*
 * Where calls wait that a limit or a budget has no room for.
 *
 * There is one line for each thing that is waited for (one user's requests per hour, one tenant's budget of today). Of a line one call at a time tries to get
 * in, so that nobody overtakes and the store is not asked by all at once. Tenants take turns; within a tenant it is first come, first served. Each has a
 * bounded number of places, and every call a deadline; who leaves gives up the place at once.
 *
 * Lines are of this process. Between instances, calls that wait for the same thing compete as the store decides.
 */

import { callerLeft } from '../errors/caller-left.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'

/** How many calls of one tenant may wait in one line. */
export const PLACES_PER_TENANT = 100
/** How many may wait in all lines together. */
export const PLACES = 10_000

/** A call that has to wait. */
export interface Waiting<Place> {
  /** What it waits for. */
  readonly line: string
  readonly tenantId: string
  readonly mostMs: number
  /** Aborted when the caller leaves, with a GatewayError as its reason when the caller is sent away. */
  readonly signal: LeaveSignal
  /** Why it has to wait: what it is told when its time is over. */
  readonly refusal: GatewayError
  /** Tries to get in for at most so long. Rejects when it does not succeed; it must not succeed once the signal is aborted. */
  readonly enter: (mostMs: number) => Promise<Place>
}

interface Waiter {
  readonly tenantId: string
  /** Its turn; resolves when the next may try. */
  readonly turn: () => Promise<void>
}

/** All lines of this process. */
export class OverflowLines {
  readonly #lines = new Map<string, Line>()
  readonly #monotonic: () => number
  #waiting = 0

  constructor(clock: { monotonic(): number }) {
    this.#monotonic = () => clock.monotonic()
  }

  /** How many calls wait. */
  get size(): number {
    return this.#waiting
  }

  /** What those in a line are refused with when their time is over; null when nobody waits there. */
  refusalOf(line: string): GatewayError | null {
    return this.#lines.get(line)?.refusal ?? null
  }

  /** What a call is told for which there is no room to wait; null while there is. */
  fullFor({ line, tenantId, refusal }: Pick<Waiting<unknown>, 'line' | 'tenantId' | 'refusal'>): GatewayError | null {
    const ofTenant = this.#lines.get(line)?.waitingOf(tenantId) ?? 0
    return this.#waiting >= PLACES || ofTenant >= PLACES_PER_TENANT ? queueFull(refusal) : null
  }

  /**
   * Waits for a place. Rejects with what `enter` rejects with when the call's turn came too late for it, with its refusal when its turn never came, with GatewayError
   * `queue_full` when there is no room to wait, and `client_closed` when the caller leaves.
   */
  async wait<Place>(waiting: Waiting<Place>): Promise<Place> {
    const { tenantId, mostMs, signal, refusal } = waiting
    if (signal.aborted) throw callerLeft(signal)
    const full = this.fullFor(waiting)
    if (full) throw full
    const line = this.#lines.get(waiting.line) ?? new Line(refusal, () => this.#lines.delete(waiting.line))
    this.#lines.set(waiting.line, line)
    this.#waiting += 1
    const untilMs = this.#monotonic() + mostMs
    try {
      return await new Promise<Place>((resolve, reject) => {
        const giveUp = (error: GatewayError): void => {
          done()
          line.leave(waiter)
          reject(error)
        }
        const leave = (): void => giveUp(callerLeft(signal))
        const timer = setTimeout(() => giveUp(refusal), mostMs)
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', leave)
        }
        const waiter: Waiter = {
          tenantId,
          turn: async () => {
            done()
            const place = waiting.enter(Math.max(0, untilMs - this.#monotonic()))
            place.then(resolve, reject)
            await place.catch(() => undefined)
          },
        }
        signal.addEventListener('abort', leave, { once: true })
        line.join(waiter)
      })
    } finally {
      this.#waiting -= 1
    }
  }
}

/** One line: tenants take turns, and of each tenant the calls. */
class Line {
  /** Tenants in the order of their turns; none without waiters. */
  readonly #tenants = new Map<string, Waiter[]>()
  readonly refusal: GatewayError
  readonly #ended: () => void
  /** Whose turn it is. */
  #trying: Waiter | null = null

  /** `refusal` is that of the first call; `ended` is called when nobody waits any more. */
  constructor(refusal: GatewayError, ended: () => void) {
    this.refusal = refusal
    this.#ended = ended
  }

  waitingOf(tenantId: string): number {
    return (this.#tenants.get(tenantId)?.length ?? 0) + (this.#trying?.tenantId === tenantId ? 1 : 0)
  }

  join(waiter: Waiter): void {
    const waiters = this.#tenants.get(waiter.tenantId)
    if (waiters) waiters.push(waiter)
    else this.#tenants.set(waiter.tenantId, [waiter])
    if (!this.#trying) void this.#serve()
  }

  leave(waiter: Waiter): void {
    const rest = (this.#tenants.get(waiter.tenantId) ?? []).filter((one) => one !== waiter)
    if (rest.length === 0) this.#tenants.delete(waiter.tenantId)
    else this.#tenants.set(waiter.tenantId, rest)
    if (!this.#trying && this.#tenants.size === 0) this.#ended()
  }

  async #serve(): Promise<void> {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#trying = next
      await next.turn()
      this.#trying = null
    }
    this.#ended()
  }

  /** The first call of the tenant whose turn it is, which then goes to the end. */
  #next(): Waiter | null {
    for (const [tenantId, [first, ...rest]] of this.#tenants) {
      this.#tenants.delete(tenantId)
      if (rest.length > 0) this.#tenants.set(tenantId, rest)
      return first ?? null
    }
    return null
  }
}

function queueFull({ message, retryAfterMs, retryAfterSeconds }: GatewayError): GatewayError {
  return new GatewayError(
    'queue_full',
    `${message} Too many calls of this tenant wait for it already; try again later.`,
    {
      ...(retryAfterMs === undefined ? { retryAfterSeconds: retryAfterSeconds ?? 1 } : { retryAfterMs }),
    },
  )
}

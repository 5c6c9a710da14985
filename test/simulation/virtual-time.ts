/*
 * Time for a simulation. It passes when nothing is left to do: the next timer or message is simply the next thing that happens, so hours take
 * milliseconds and every run is the same. The code under test uses `setTimeout` as always; while a simulation runs, these are its timers.
 *
 * Each event belongs to a process (or to nobody: the database). All that happens in its turn, promises included, happens before the next event, so
 * whatever is started in it belongs to the same process. The timers and messages of a process that died never fire, those of one that was stopped
 * fire when it goes on.
 */

/** A process of the simulation. */
export interface SimulatedProcess {
  dead: boolean
  /** Until when it is stopped, as `kill -STOP` does; ms of virtual time. */
  stoppedUntilMs: number
}

interface Event {
  atMs: number
  order: number
  readonly owner: SimulatedProcess | null
  readonly run: () => void
  /** For intervals: the pause to the next. */
  readonly everyMs: number | null
  cancelled: boolean
}

/** More events at the same instant are a circle. */
const MOST_AT_ONCE = 20_000

const realImmediate = globalThis.setImmediate

/** A clock and a list of what comes next. */
export class VirtualTime {
  #nowMs = 0
  #order = 0
  #owner: SimulatedProcess | null = null
  /** The earliest last. */
  readonly #events: Event[] = []

  /** ms since the simulation began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Does something later. By default it belongs to whose turn it is now. */
  after(delayMs: number, run: () => void, owner: SimulatedProcess | null = this.#owner): void {
    this.#add(delayMs, run, owner, null)
  }

  /** Resolves later, for the process whose turn it is. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve))
  }

  /** Lets time pass until nothing happens before `untilMs`. Throws when it does not pass. */
  async runUntil(untilMs: number): Promise<void> {
    await turn()
    let standing = 0
    for (let event = this.#next(untilMs); event; event = this.#next(untilMs)) {
      standing = event.atMs > this.#nowMs ? 0 : standing + 1
      if (standing > MOST_AT_ONCE)
        throw new Error(`time stands still at ${this.#nowMs} ms: somebody asks again and again`)
      this.#nowMs = Math.max(this.#nowMs, event.atMs)
      this.#owner = event.owner
      event.run()
      await turn()
      this.#owner = null
    }
    this.#nowMs = untilMs
  }

  /** Makes these the timers of this program, until the function that it gives is called. */
  install(): () => void {
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis
    const timer = (event: Event) => ({ event, ref: () => undefined, unref: () => timer(event) })
    const cancel = (what: unknown): void => {
      const event = (what as { event?: Event } | undefined)?.event
      if (event) event.cancelled = true
    }
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => timer(this.#add(ms, run, this.#owner, null)),
      setInterval: (run: () => void, ms = 0) => timer(this.#add(ms, run, this.#owner, Math.max(1, ms))),
      clearTimeout: cancel,
      clearInterval: cancel,
    })
    return () => Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval })
  }

  #add(delayMs: number, run: () => void, owner: SimulatedProcess | null, everyMs: number | null): Event {
    this.#order += 1
    const atMs = this.#nowMs + Math.max(0, delayMs)
    const event: Event = { atMs, order: this.#order, owner, run, everyMs, cancelled: false }
    this.#insert(event)
    return event
  }

  #insert(event: Event): void {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(event, this.#events[middle])) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, event)
  }

  #next(untilMs: number): Event | null {
    for (;;) {
      const event = this.#events.at(-1)
      if (!event || event.atMs > untilMs) return null
      this.#events.pop()
      if (event.cancelled || event.owner?.dead) continue
      if (event.owner && event.owner.stoppedUntilMs > event.atMs) {
        event.atMs = event.owner.stoppedUntilMs
        this.#insert(event)
        continue
      }
      if (event.everyMs !== null) {
        const due = { ...event }
        this.#order += 1
        event.order = this.#order
        event.atMs += event.everyMs
        this.#insert(event)
        return due
      }
      return event
    }
  }
}

function isBefore(event: Event, other: Event | undefined): boolean {
  if (!other) return false
  return event.atMs < other.atMs || (event.atMs === other.atMs && event.order < other.order)
}

/** Everything that promises have to do now is done when it resolves. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    realImmediate(resolve)
  })
}

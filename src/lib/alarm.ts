import { type Clock, systemClock } from './clock.ts'
import type { OnRoll } from './roll.ts'
import { Rounds } from './rounds.ts'

/** How often alarms are looked at that are far from ringing. */
const LOOK_MS = 5_000
/** From so much time on an alarm has no timer of its own. */
const FAR_MS = 2 * LOOK_MS

/** Whom an alarm rings. */
export interface Rung {
  ring(): void
}

/**
 * One timer for deadlines that nearly always are put off or never come: moving a deadline costs a number, and only one that comes nearer
 * than all before it touches the timer. The alarm may ring too early; whoever is rung looks whether it is time, and asks again if not.
 *
 * While it is far from ringing, there is not even that timer: one for all far alarms sees to it that each has its own in time.
 */
export class Alarm implements OnRoll {
  rollPlace = -1
  readonly #owner: Rung
  readonly #clock: Clock
  #timer: NodeJS.Timeout | undefined
  #ringsAt = Number.POSITIVE_INFINITY

  constructor(owner: Rung, clock: Clock = systemClock) {
    this.#owner = owner
    this.#clock = clock
  }

  /** Now, in the monotonic ms that deadlines are given in. */
  get now(): number {
    return this.#clock.monotonic()
  }

  /** Rings at this time, or before it. */
  by(deadline: number, now: number = this.now): void {
    if (deadline >= this.#ringsAt) return
    this.#stop()
    this.#ringsAt = deadline
    if (deadline - now > FAR_MS) farAlarms.add(this)
    else this.#start(deadline - now)
  }

  /** Rings no more until it is asked again. */
  off(): void {
    if (this.#ringsAt === Number.POSITIVE_INFINITY) return
    this.#stop()
    this.#ringsAt = Number.POSITIVE_INFINITY
  }

  /** Takes a timer of its own where it will soon ring. */
  look(): void {
    const waitMs = this.#ringsAt - this.now
    if (waitMs > FAR_MS) return
    farAlarms.remove(this)
    this.#start(waitMs)
  }

  #start(waitMs: number): void {
    this.#timer = setTimeout(
      () => {
        this.#ringsAt = Number.POSITIVE_INFINITY
        this.#owner.ring()
      },
      Math.max(1, Math.ceil(waitMs)),
    )
  }

  #stop(): void {
    if (this.rollPlace >= 0) farAlarms.remove(this)
    if (this.#timer) clearTimeout(this.#timer)
  }
}

/** Alarms without a timer of their own. */
const farAlarms = new Rounds<Alarm>(LOOK_MS, (alarm) => alarm.look(), true)

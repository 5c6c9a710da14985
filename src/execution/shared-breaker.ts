import { newId } from '../lib/ids.ts'
import { within } from '../lib/within.ts'
import type { BoardEntry } from '../storage/contracts/breaker-board.ts'
import {
  answered,
  asking,
  BLANK,
  type BoardCopy,
  changed,
  decided,
  entryOf,
  posting,
  seen,
  unanswered,
} from './board-copy.ts'
import type { BoardLine } from './board-line.ts'
import type { Breaker } from './circuit-breaker.ts'

/** How long an entry is kept beyond the time at which it means something. */
const KEPT_MS = 3_600_000
/** A call that is refused a lease so often because others were faster has its answer. */
const MOST_ASKS = 3

/** What a shared breaker is made of. */
export interface SharedBreakerOptions {
  readonly deployment: string
  readonly line: BoardLine
  /** Now, on the monotonic clock. */
  readonly now: () => number
  /** The breaker changed by what others did, or by a lease that was given. */
  readonly took: (breaker: Breaker) => void
}

/** The breaker of one deployment, as an instance shares it with others: does what `board-copy.ts` says. */
export class SharedBreaker {
  readonly #options: SharedBreakerOptions
  #copy: BoardCopy = BLANK
  #inFlight: Promise<void> | null = null
  #isAsking = false
  /** The number of the last post on the line. */
  #lastPost = 0

  constructor(options: SharedBreakerOptions) {
    this.#options = options
  }

  /** Whether a call of this instance waits to hear whether it may be the probe. */
  get isAsking(): boolean {
    return this.#isAsking
  }

  /** This instance changed the breaker: the others are told. */
  changed(breaker: Breaker): void {
    this.#copy = changed(this.#copy, breaker)
    this.send()
  }

  /** The probe of this instance is still on its way: asks for more time. It has it when the board says yes, or does not answer. */
  renew(breaker: Breaker): void {
    if (this.#options.line.isAway) this.#take(changed(this.#copy, breaker))
    if (this.#inFlight || this.#copy.owed) return
    const id = newId('brk')
    this.#copy = asking(this.#copy, breaker, id)
    void this.#post(id, breaker)
  }

  /** Posts what is owed, unless an answer is waited for. */
  send(): void {
    if (!this.#copy.owed || this.#inFlight || this.#options.line.isAway) return
    const id = newId('brk')
    this.#copy = posting(this.#copy, id)
    void this.#post(id, this.#copy.breaker)
  }

  /** What a look at the board showed; when it came, on the monotonic clock, and the number of the look. */
  seen(entry: BoardEntry | null, at: number, number: number): void {
    // Of two answers that come together the older may be read later.
    if (this.#inFlight || number < this.#lastPost) {
      this.#options.line.lookAgain()
      return
    }
    this.#take(seen(this.#copy, entry, at))
    this.send()
  }

  /**
   * Asks for the lease of a probe, one call at a time. `leaseOf` gives the half-open state, or null when the breaker as it is then has no lease to give. Gives that state once it counts:
   * the board said yes, or does not answer and the instance decided by itself. Null: somebody else has it, or the deployment is well.
   */
  async lease(leaseOf: (breaker: Breaker) => Breaker | null): Promise<Breaker | null> {
    this.#isAsking = true
    try {
      // Who did not know what is there learns it with the refusal, and may ask again: an ejection that somebody else's probe lengthened is still one.
      for (let time = 0; time < MOST_ASKS; time += 1) {
        const lease = await this.#ask(leaseOf)
        if (lease === null || this.#copy.breaker === lease) return lease
      }
      return null
    } finally {
      this.#isAsking = false
    }
  }

  /** Asks once: for which lease, whether it was given or not; null when there is none to be had. */
  async #ask(leaseOf: (breaker: Breaker) => Breaker | null): Promise<Breaker | null> {
    const { line } = this.#options
    // What is not answered yet may change everything. It is answered, or the line is away, in the time that a call waits.
    if (this.#inFlight && !line.isAway) await this.#patiently(this.#inFlight)
    const lease = leaseOf(this.#copy.breaker)
    if (!lease) return null
    if (this.#inFlight || line.isAway) {
      this.#take(changed(this.#copy, lease))
      return lease
    }
    const id = newId('brk')
    this.#copy = asking(this.#copy, lease, id)
    const heard = await this.#patiently(this.#post(id, lease))
    if (!heard) this.#take(decided(this.#copy))
    return lease
  }

  /** Whether there was an answer in the time that a call waits. */
  async #patiently(answer: Promise<void>): Promise<boolean> {
    const { line } = this.#options
    const heard = await within(
      answer.then(() => true),
      line.patienceMs,
    )
    if (!heard) line.leave()
    return heard ?? false
  }

  #post(id: string, breaker: Breaker): Promise<void> {
    const { deployment, line, now } = this.#options
    const keepMs = Math.max(0, breaker.until - now()) + KEPT_MS
    const entry = entryOf(id, breaker, now())
    this.#lastPost = line.number()
    const done = line.post({ deployment, entry, known: this.#copy.known, keepMs }).then(
      (there) => this.#settle(answered(this.#copy, there, now())),
      () => this.#settle(unanswered(this.#copy)),
    )
    this.#inFlight = done
    return done
  }

  #settle(copy: BoardCopy): void {
    this.#inFlight = null
    this.#take(copy)
    this.send()
  }

  #take(copy: BoardCopy): void {
    const { breaker } = this.#copy
    this.#copy = copy
    if (copy.breaker !== breaker) this.#options.took(copy.breaker)
  }
}

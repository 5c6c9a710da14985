/*
 * The runs of this process that own their keys: their leases are renewed together, for as long as the process lives, and their ends are written
 * down. An end that the store does not take is offered again, while those who ask in this process get it from memory.
 */
import { GatewayError } from '../errors/gateway-error.ts'
import type { IdempotencyStore, KeyEnding, KeyedRun } from '../storage/contracts/idempotency-store.ts'
import type { KeyedCall, OwnRun, RunEnding } from './keyed-run.ts'

/** Where it is said what went wrong when nobody was waiting for an answer. */
export interface KeyedRunsLog {
  warn(fields: object, message: string): void
}

/** What leases need. */
export interface LeaseOptions {
  readonly store: Pick<IdempotencyStore, 'end' | 'forget' | 'extend'>
  readonly log: KeyedRunsLog
  /** How long a run may be silent before another may take its key. Default 15 s. */
  readonly leaseMs?: number
}

/** A run that begins. */
export interface BeginningRun {
  readonly call: KeyedCall
  readonly run: string
  readonly keepMs: number
  /** Told how it ended, to share it with those who wait here. */
  readonly ended: (ending: RunEnding) => void
  /** Told when the store knows it too. */
  readonly stored: () => void
}

const LEASE_MS = 15_000
const BEATS_A_LEASE = 5
/** How long the reply of a run that came to nothing stays for those who waited for it. */
const SHARED_MS = 60_000
const OFFERS = 20
const OFFER_EVERY_MS = 3_000
const LAST_WORDS_MS = 2_000

/** See the top of the file. */
export class LeasedRuns {
  readonly leaseMs: number
  readonly #store: LeaseOptions['store']
  readonly #log: KeyedRunsLog
  readonly #running = new Map<KeyedRun, KeyedCall>()
  readonly #beat: NodeJS.Timeout
  #beating = false
  #isClosing = false
  #idle: () => void = () => undefined

  constructor({ store, log, leaseMs = LEASE_MS }: LeaseOptions) {
    this.leaseMs = leaseMs
    this.#store = store
    this.#log = log
    this.#beat = setInterval(() => void this.#renew(), leaseMs / BEATS_A_LEASE)
    this.#beat.unref()
  }

  /** A run begins, whose key was claimed just now. */
  begin({ call, run, keepMs, ended, stored }: BeginningRun): OwnRun {
    const { tenantId, keyHash } = call
    const own: KeyedRun = { tenantId, keyHash, run }
    this.#running.set(own, call)
    let over = false
    return {
      ...own,
      end: async (ending) => {
        if (over) return
        over = true
        const written = await this.#write(own, ending, keepMs)
        ended(ending)
        const done = (): void => {
          this.#running.delete(own)
          stored()
          if (this.#running.size === 0) this.#idle()
        }
        if (written || this.#isClosing) done()
        else void this.#offerAgain(own, ending, keepMs).then(done)
      },
    }
  }

  /** Ends the runs that still go on, and waits a moment for what they have to say. */
  async close(): Promise<void> {
    this.#isClosing = true
    clearInterval(this.#beat)
    if (this.#running.size === 0) return
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve
    })
    const why = new GatewayError('no_deployment_available', 'This gateway was closed while the call ran.')
    for (const call of this.#running.values()) call.stop(why)
    let timer: NodeJS.Timeout | undefined
    await Promise.race([idle, new Promise((resolve) => (timer = setTimeout(resolve, LAST_WORDS_MS)))])
    clearTimeout(timer)
  }

  async #renew(): Promise<void> {
    if (this.#running.size === 0 || this.#beating) return
    this.#beating = true
    for (const call of this.#running.values()) call.beat()
    try {
      await this.#store.extend([...this.#running.keys()], this.leaseMs)
    } catch (error) {
      this.#log.warn({ err: error }, 'the leases of calls with idempotency keys could not be renewed')
    } finally {
      this.#beating = false
    }
  }

  async #write(own: KeyedRun, ending: RunEnding, keepMs: number): Promise<boolean> {
    try {
      if (ending.state === 'free' && ending.reply === null) await this.#store.forget(own)
      else if (!(await this.#store.end(own, endingOf(ending, keepMs)))) {
        this.#log.warn({ run: own.run }, 'a call with an idempotency key ended after another had taken its key over')
      }
      return true
    } catch (error) {
      this.#log.warn({ err: error, run: own.run }, 'the end of a call with an idempotency key could not be written')
      return false
    }
  }

  async #offerAgain(own: KeyedRun, ending: RunEnding, keepMs: number): Promise<void> {
    for (let offer = 0; offer < OFFERS && !this.#isClosing; offer += 1) {
      await new Promise((resolve) => setTimeout(resolve, OFFER_EVERY_MS).unref())
      if (await this.#write(own, ending, keepMs)) return
    }
  }
}

function endingOf(ending: RunEnding, keepMs: number): KeyEnding {
  if (ending.state === 'kept') return { state: 'kept', reply: ending.reply, keepMs }
  if (ending.state === 'free') return { state: 'free', reply: ending.reply, keepMs: SHARED_MS }
  return { state: 'lost', reply: { head: { because: ending.because }, body: Buffer.alloc(0) }, keepMs }
}

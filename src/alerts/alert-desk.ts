/*
 * Where alerts are handed in. Whoever raises one goes on at once: it is kept in the ledger, which also finds out whether another instance was faster, and only
 * who kept it tells the sinks. Both are tried again a few times, and given up with a line in the log; a burst beyond the desk's size is dropped likewise.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { AlertRow, AlertStore } from '../storage/contracts/alert-store.ts'
import { type Alert, AlertRejected, type AlertSink } from './alert.ts'

/** What a desk needs. */
export interface AlertDeskOptions {
  readonly store: Pick<AlertStore, 'raise'>
  /** Asked for each alert, so that a reload takes effect with the next one. */
  readonly sinks: () => readonly AlertSink[]
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: { warn(facts: object, message: string): void }
  /** Pauses between tries, in ms; one try more than there are pauses. Default: 1 s, 5 s, 30 s, 2 min. */
  readonly pausesMs?: readonly number[]
}

/** Takes alerts. */
export interface AlertDesk {
  /** Never throws and waits for nothing. */
  raise(alert: Alert): void
  /** Waits a moment for what is being delivered; what waits for another try is given up. */
  close(): Promise<void>
}

const PAUSES_MS = [1_000, 5_000, 30_000, 120_000]
const MOST_UNDER_WAY = 1_000
/** How long `close` waits for what is being delivered. */
const FAREWELL_MS = 2_000
const REMEMBERED = 10_000

/** Opens a desk. */
export function createAlertDesk(options: AlertDeskOptions): AlertDesk {
  const { store, sinks, clock, log, pausesMs = PAUSES_MS } = options
  /** Until when each key is quiet as far as this instance knows: the same threshold is noticed with every call. */
  const quiet = new LruMap<string, number>(REMEMBERED)
  const underWay = new Set<Promise<void>>()
  const closing = new AbortController()

  async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
    for (const pauseMs of pausesMs) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof AlertRejected || closing.signal.aborted) throw error
        await pause(pauseMs, undefined, { signal: closing.signal, ref: false }).catch(() => {
          throw error
        })
      }
    }
    return work()
  }

  async function tell(sink: AlertSink, row: AlertRow): Promise<void> {
    try {
      await tryAgain(() => sink.deliver(row))
    } catch (error) {
      log.warn({ err: error, alert: row.key, sink: sink.name }, 'an alert could not be delivered')
    }
  }

  async function handle({ quietMs, ...entry }: Alert): Promise<void> {
    try {
      const row = await tryAgain(() => store.raise(entry, quietMs))
      if (row) await Promise.all(sinks().map((sink) => (sink.wants(row.kind) ? tell(sink, row) : undefined)))
    } catch (error) {
      quiet.delete(entry.key)
      log.warn({ err: error, alert: entry.key }, `an alert could not be kept: ${entry.message}`)
    }
  }

  return {
    raise(alert) {
      const now = clock.monotonic()
      if (closing.signal.aborted || now < (quiet.get(alert.key) ?? Number.NEGATIVE_INFINITY)) return
      if (underWay.size >= MOST_UNDER_WAY) {
        log.warn({ alert: alert.key }, `too many alerts at once, one was dropped: ${alert.message}`)
        return
      }
      quiet.set(alert.key, now + (alert.quietMs ?? Number.POSITIVE_INFINITY))
      const work = handle(alert).finally(() => underWay.delete(work))
      underWay.add(work)
    },
    async close() {
      closing.abort()
      await Promise.race([Promise.all(underWay), pause(FAREWELL_MS, undefined, { ref: false })])
    },
  }
}

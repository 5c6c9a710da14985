import type { IdempotencyStore } from '../storage/contracts/idempotency-store.ts'
import type { KeyedRunsLog } from './leased-runs.ts'

const EVERY_MS = 60_000
const BATCH = 500

/** Deletes what was kept long enough, a batch at a time. Gives the function that ends it. */
export function sweepEvery(store: Pick<IdempotencyStore, 'sweep'>, log: KeyedRunsLog, everyMs = EVERY_MS): () => void {
  let sweeping = false
  let stopped = false
  const sweep = async (): Promise<void> => {
    if (sweeping) return
    sweeping = true
    try {
      while (!stopped && (await store.sweep(BATCH)) === BATCH);
    } catch (error) {
      log.warn({ err: error }, 'replies under idempotency keys that are old could not be deleted; it is tried again')
    } finally {
      sweeping = false
    }
  }
  const timer = setInterval(sweep, everyMs)
  timer.unref()
  return () => {
    stopped = true
    clearInterval(timer)
  }
}

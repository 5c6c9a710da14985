import type { Storage } from '../storage/contracts/storage.ts'
import type { EmbeddedPostgres } from '../storage/postgres/embedded/open.ts'
import type { Log } from './log.ts'

/** How often the embedded server is looked at. */
const WATCH_MS = 2_000

/**
 * Starts the embedded server again when somebody killed it: until then calls are refused, and afterwards they are not. Gives the
 * function that ends the watch.
 */
export function keepRunning({ url, ensureRunning }: EmbeddedPostgres, storage: Storage, log: Log): () => void {
  let looking = false
  const timer = setInterval(async () => {
    if (looking) return
    looking = true
    try {
      await storage.ledger.now()
    } catch {
      await ensureRunning()
        .then((now) => {
          if (now !== url) log.error({}, 'the embedded PostgreSQL moved to another port; restart the gateway')
        })
        .catch((error: unknown) => log.error({ err: error }, 'the embedded PostgreSQL cannot be started'))
    } finally {
      looking = false
    }
  }, WATCH_MS)
  timer.unref()
  return () => clearInterval(timer)
}

import type { Clock } from '../../lib/clock.ts'
import type { HashedKey, IdempotencyStore, KeyEntry, KeyedRun } from '../contracts/idempotency-store.ts'

interface Entry extends KeyEntry {
  readonly leaseUntil: number
  readonly expiresAt: number
}

/** Replies under idempotency keys, in memory. */
export function createMemoryIdempotency(clock: Pick<Clock, 'now'>): IdempotencyStore {
  const entries = new Map<string, Entry>()
  const idOf = ({ tenantId, keyHash }: HashedKey) => JSON.stringify([tenantId, keyHash])
  const ownOf = (run: KeyedRun): Entry | null => {
    const entry = entries.get(idOf(run))
    return entry && entry.run === run.run && entry.state === 'running' ? entry : null
  }
  const isRunning = ({ state, leaseUntil }: Entry) => state === 'running' && leaseUntil > clock.now()
  const isOver = (entry: Entry) => entry.expiresAt <= clock.now() && !isRunning(entry)

  return {
    async claim({ run, fingerprint, stream, leaseMs, keepMs, waitedFor, ...key }) {
      const id = idOf(key)
      const found = entries.get(id)
      const isFree =
        !found ||
        isOver(found) ||
        (found.state === 'free' && found.run !== waitedFor) ||
        (found.state === 'running' && !isRunning(found) && found.fingerprint === fingerprint)
      if (isFree) {
        const now = clock.now()
        const times = { leaseUntil: now + leaseMs, expiresAt: now + keepMs }
        entries.set(id, { run, fingerprint, stream, state: 'running', reply: null, ...times })
        return null
      }
      const { leaseUntil, expiresAt, ...entry } = found
      return entry.fingerprint === fingerprint ? entry : { ...entry, reply: null }
    },

    async end(run, { state, reply, keepMs }) {
      const own = ownOf(run)
      if (own) entries.set(idOf(run), { ...own, state, reply, expiresAt: clock.now() + keepMs })
      return own !== null
    },

    async forget(run) {
      if (ownOf(run)) entries.delete(idOf(run))
    },

    async extend(runs, leaseMs) {
      for (const run of runs) {
        const own = ownOf(run)
        if (own) entries.set(idOf(run), { ...own, leaseUntil: clock.now() + leaseMs })
      }
    },

    async sweep(limit) {
      const over = [...entries].filter(([, entry]) => isOver(entry)).slice(0, limit)
      for (const [id] of over) entries.delete(id)
      return over.length
    },
  }
}

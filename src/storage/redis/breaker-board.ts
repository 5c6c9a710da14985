import type { Redis } from 'ioredis'
import { newId } from '../../lib/ids.ts'
import type { BoardEntry, BoardView, BreakerBoard } from '../contracts/breaker-board.ts'
import { LOOK, POST } from './breaker-scripts.ts'

/** What the server's board is kept with. */
export interface RedisBoardOptions {
  readonly redis: Redis
  /** For tests: the time, instead of the server's. */
  readonly nowMs?: () => number
}

/** The braces make all keys of the board one hash slot, which a script needs and a cluster asks for. */
const ENTRIES = 'headgate:{breakers}:entries'
const LIMITED = 'headgate:{breakers}:limited'
const VERSION = 'headgate:{breakers}:version'

/** A board on a Redis or Valkey server. The connection stays the caller's. Commands on it are answered in their order, on which those who share breakers rely. */
export function createRedisBoard({ redis, nowMs }: RedisBoardOptions): BreakerBoard {
  const now = () => nowMs?.() ?? ''
  // With every new connection, before anything else is sent: so that no script has to be sent a second time.
  const teach = () => {
    for (const script of [POST, LOOK]) script.load(redis).catch(() => undefined)
  }
  redis.on('ready', teach)
  if (redis.status === 'ready') teach()
  return {
    async post({ deployment, entry, known, keepMs }) {
      const { id, phase, failures, ejections, agoMs, forMs } = entry
      const figures = [failures, ejections, Math.round(agoMs), Math.round(forMs)]
      const args = [now(), deployment, Math.round(keepMs), id, phase, ...figures, ...known]
      return entryOf(await POST.run(redis, [ENTRIES, VERSION], args))
    },
    async look(knownVersion, limited) {
      const notes = limited.flatMap(([deployment, forMs]) => [deployment, Math.round(forMs)])
      return viewOf(await LOOK.run(redis, [ENTRIES, LIMITED, VERSION], [now(), knownVersion, newId('look'), ...notes]))
    },
  }
}

function viewOf(reply: unknown): BoardView {
  const [version, entries, limited] = listOf(reply)
  if (entries === undefined) return { version: String(version), entries: null, limited: null }
  return {
    version: String(version),
    entries: new Map(listOf(entries).map((row) => [String(listOf(row)[0]), entryOf(listOf(row).slice(1))])),
    limited: new Map(listOf(limited).map((row) => [String(listOf(row)[0]), Number(listOf(row)[1])])),
  }
}

function entryOf(reply: unknown): BoardEntry {
  const [id, phase, failures, ejections, agoMs, forMs] = listOf(reply)
  if (phase !== 'closed' && phase !== 'open' && phase !== 'half-open') throw new Error('the board holds no such phase')
  // Where the clock went back the phase counts from now: it lasts no longer for that.
  const ahead = Math.max(0, -Number(agoMs))
  return {
    id: String(id),
    phase,
    failures: Number(failures),
    ejections: Number(ejections),
    agoMs: Number(agoMs) + ahead,
    forMs: Number(forMs) - ahead,
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

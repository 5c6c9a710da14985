import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { LruMap } from '../../lib/lru-map.ts'

const LIFETIME_MS = 12 * 3_600_000
const MOST_SESSIONS = 1_000

/** Console sessions: in memory, so that a restart signs everybody out. */
export interface Sessions {
  /** A new session's token, for the cookie; the key that opened it is remembered, so that its revocation ends the session. */
  open(adminKey: string): string
  /** The admin key that opened a session, or null when there is no such session or it is over. */
  keyOf(token: string): string | null
  close(token: string): void
}

/** An empty set of sessions. */
export function createSessions(clock: Clock): Sessions {
  const open = new LruMap<string, { readonly key: string; readonly until: number }>(MOST_SESSIONS)
  const nameOf = (token: string): string => createHash('sha256').update(token).digest('hex')
  return {
    open(key) {
      const token = randomBytes(32).toString('base64url')
      open.set(nameOf(token), { key, until: clock.monotonic() + LIFETIME_MS })
      return token
    },
    keyOf(token) {
      const session = open.get(nameOf(token))
      return session && clock.monotonic() < session.until ? session.key : null
    },
    close: (token) => open.delete(nameOf(token)),
  }
}

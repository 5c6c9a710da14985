import { hash } from 'node:crypto'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { Secret } from '../lib/secret.ts'
import type { KeyRow, KeyStore } from '../storage/contracts/key-store.ts'
import type { Principal } from './context.ts'
import { ENVIRONMENT_ADMIN, principalOf } from './principal.ts'
import { kindOfKey, macOf, sameMac } from './virtual-key.ts'

/*
 * Who holds a key, without a query per call.
 *
 * Keys that were looked up are remembered under their whole MAC, and MACs under a plain hash of the key, which costs a fraction of a MAC. A remembered key is trusted for `trustMs` after the later of
 * (a) its own look-up and (b) the last poll of revoked keys that succeeded. The poll runs every `pollMs` and drops what was revoked,
 * so a revocation bites after one poll; and when polls fail, trust runs out and every key is looked up again, which then fails
 * with `ledger_unavailable`. Either way a revoked key is dead within five seconds, on every instance. Where calls are to go on without the
 * ledger, keys that are remembered are trusted for longer while it is away: nobody can revoke one meanwhile.
 *
 * Both times are those of the *start* of a query: what happened while it ran is seen by the next one. Polls ask for more than the
 * time since the last one, because instances stamp revocations with their own clocks.
 */

const DEFAULT_POLL_MS = 2_000
const DEFAULT_TRUST_MS = 4_000
const DEFAULT_CAPACITY = 10_000
const UNKNOWN_CAPACITY = 10_000
/** A made-up key cannot become valid; a short memory is enough to keep a repeating client off the store. */
const UNKNOWN_TRUST_MS = 5_000
const CLOCK_SKEW_MS = 300_000
/** A store that could not be asked is not asked again for so long, where a key may be trusted without it. */
const AWAY_MS = 500
/** Even trusted keys are read again after this time, so that a row deleted by hand does not live for ever. */
const MAX_AGE_MS = 300_000

/** What a key ring needs. */
export interface KeyRingOptions {
  readonly store: KeyStore
  readonly clock: Clock
  /** The operator's key from the environment: an admin key that is not in the store. */
  readonly adminKey?: Secret
  /** How often revoked keys are asked for. Default 2 s. */
  readonly pollMs?: number
  /** How long a remembered key is trusted without a successful poll. Default 4 s. */
  readonly trustMs?: number
  /** The same when the store cannot be asked. Default as `trustMs`: then nobody is let in. */
  readonly outageTrustMs?: number
  /** How many keys are remembered. Default 10,000. */
  readonly capacity?: number
}

/** Tells who holds a key. */
export interface KeyRing {
  /** The holder of a key that is remembered and trusted; null for every other, of which `authenticate` knows more. Never throws. */
  recognise(presented: string): Principal | null
  /**
   * The holder of a key. Rejects with GatewayError `invalid_api_key` when it is unknown, revoked or expired, and with
   * `ledger_unavailable` when the store cannot be asked.
   */
  authenticate(presented: string): Promise<Principal>
  /** Asks for revoked keys now: after a revocation on this instance it makes the key dead at once. */
  refresh(): Promise<void>
  /** Stops polling. */
  close(): void
}

interface Remembered {
  readonly row: KeyRow
  readonly principal: Principal
  /** Monotonic time of the look-up. */
  readonly since: number
}

/** Opens a key ring and starts its poll; the poll does not keep the process alive. Throws GatewayError `invalid_request` for an empty admin key. */
export function createKeyRing(options: KeyRingOptions): KeyRing {
  const { store, clock, adminKey, pollMs = DEFAULT_POLL_MS, trustMs = DEFAULT_TRUST_MS } = options
  const outageTrustMs = options.outageTrustMs ?? trustMs
  if (adminKey && adminKey.reveal().trim() === '') {
    throw new GatewayError('invalid_request', 'HEADGATE_ADMIN_KEY is empty; unset it or give it a long random value.')
  }
  const known = new LruMap<string, Remembered>(options.capacity ?? DEFAULT_CAPACITY)
  const unknown = new LruMap<string, number>(UNKNOWN_CAPACITY)
  const macs = new LruMap<string, string>(options.capacity ?? DEFAULT_CAPACITY)
  const lookups = new Map<string, Promise<Principal>>()
  let macSecret: string | null = null
  let adminMac: string | null = null
  let polledAt = clock.monotonic()
  let polledAtWall = clock.now()
  let polling = false
  let awayUntil = Number.NEGATIVE_INFINITY

  function recognise(presented: string): Principal | null {
    const mac = macs.get(nameOf(presented))
    const remembered = mac === undefined ? undefined : known.get(mac)
    if (!remembered || !trusted(remembered.since, trustMs)) return null
    return isLive(remembered.row) ? remembered.principal : null
  }

  async function authenticate(presented: string): Promise<Principal> {
    const wellFormed = kindOfKey(presented) !== null
    if (!wellFormed && !adminKey) throw notAKey()
    if (macSecret === null) {
      macSecret = await store.macSecret()
      adminMac = adminKey ? macOf(adminKey.reveal(), macSecret) : null
    }
    const mac = macOfKey(presented, macSecret)
    if (adminMac !== null && sameMac(mac, adminMac)) return ENVIRONMENT_ADMIN
    if (!wellFormed) throw notAKey()
    const remembered = known.get(mac)
    if (remembered && trusted(remembered.since, trustMs)) return checked(remembered)
    if (remembered && isAway() && trusted(remembered.since, outageTrustMs)) return checked(remembered)
    if (clock.monotonic() < (unknown.get(mac) ?? Number.NEGATIVE_INFINITY)) throw unknownKey()
    let lookup = lookups.get(mac)
    if (!lookup) {
      lookup = lookUp(mac).finally(() => lookups.delete(mac))
      lookups.set(mac, lookup)
    }
    return lookup.catch((error: unknown) => {
      if (remembered && isAway() && trusted(remembered.since, outageTrustMs)) return checked(remembered)
      throw error
    })
  }

  /** Whether the store could not be asked a moment ago. */
  function isAway(): boolean {
    return clock.monotonic() < awayUntil
  }

  function macOfKey(presented: string, secret: string): string {
    const name = nameOf(presented)
    let mac = macs.get(name)
    if (mac === undefined) {
      mac = macOf(presented, secret)
      macs.set(name, mac)
    }
    return mac
  }

  async function lookUp(mac: string): Promise<Principal> {
    const since = clock.monotonic()
    const row = await store.findByMac(mac).catch((error: unknown) => {
      awayUntil = clock.monotonic() + AWAY_MS
      throw error
    })
    if (!row || !sameMac(row.mac, mac)) {
      known.delete(mac)
      unknown.set(mac, since + UNKNOWN_TRUST_MS)
      throw unknownKey()
    }
    const remembered = { row, principal: principalOf(row), since }
    known.set(mac, remembered)
    return checked(remembered)
  }

  function trusted(since: number, forMs: number): boolean {
    const now = clock.monotonic()
    return now < since + MAX_AGE_MS && now < Math.max(since, polledAt) + forMs
  }

  function isLive({ revokedAt, expiresAt }: KeyRow): boolean {
    return revokedAt === null && (expiresAt === null || expiresAt > clock.now())
  }

  function checked({ row, principal }: Remembered): Principal {
    if (isLive(row)) return principal
    if (row.revokedAt !== null) throw refused('This key was revoked')
    throw refused('This key has expired')
  }

  async function poll(): Promise<void> {
    const [startedAt, startedAtWall] = [clock.monotonic(), clock.now()]
    const since = Math.min(polledAtWall, startedAtWall) - CLOCK_SKEW_MS
    for (const mac of await store.revokedSince(since)) known.delete(mac)
    polledAt = startedAt
    polledAtWall = startedAtWall
  }

  const timer = setInterval(() => {
    if (polling) return
    polling = true
    // A failed poll needs no handling: trust runs out, and the look-up that follows reports the outage.
    const done = () => {
      polling = false
    }
    poll().then(done, done)
  }, pollMs)
  timer.unref()

  return { recognise, authenticate, refresh: poll, close: () => clearInterval(timer) }
}

/** Under which name the MAC of a key is remembered. */
function nameOf(presented: string): string {
  return hash('sha256', presented)
}

function notAKey(): GatewayError {
  return refused('This is not a Headgate key')
}

function unknownKey(): GatewayError {
  return refused('This key is unknown')
}

function refused(what: string): GatewayError {
  return new GatewayError(
    'invalid_api_key',
    `${what}. Send a virtual key (hg-…) of this gateway; an operator makes one with \`headgate keys create\`.`,
  )
}

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Secret } from '../lib/secret.ts'

/*
 * A virtual key is `hg-<kind>-<43 characters>`: 256 random bits in base64url. It is shown once; what is stored is its HMAC-SHA-256
 * under a secret of the database, so that a copy of the key table opens nothing. A slow hash would add no safety to 256 random bits.
 */

/** What a key may be used for: one tenant's calls, calls for granted tenants, or operating the gateway. */
export type KeyKind = 'tenant' | 'service' | 'admin'

/** A new key: the key itself, to be shown once, and what is stored of it. */
export interface MintedKey {
  readonly key: Secret
  /** Hex HMAC-SHA-256 of the whole key. */
  readonly mac: string
  /** `hg-tenant-3fA…9xQ2`, for people. */
  readonly prefix: string
}

const KEY_FORM = /^hg-(tenant|service|admin)-[A-Za-z0-9_-]{43}$/
const KEY_BYTES = 32
const RANDOM_CHARS = 43
const SHOWN_CHARS = 3
const MIN_MAC_SECRET_CHARS = 32

/** Makes a key. `macSecret` is the store's. */
export function mintKey(kind: KeyKind, macSecret: string): MintedKey {
  const text = `hg-${kind}-${randomBytes(KEY_BYTES).toString('base64url')}`
  return { key: new Secret(text), mac: macOf(text, macSecret), prefix: displayOf(text) }
}

/** The kind of a key as its text says, or null when the text has not the form of a key. Says nothing about whether it is valid. */
export function kindOfKey(text: string): KeyKind | null {
  const kind = KEY_FORM.exec(text)?.[1]
  return kind === 'tenant' || kind === 'service' || kind === 'admin' ? kind : null
}

/** Hex HMAC-SHA-256 of a key. Throws RangeError when the secret is too short to protect anything. */
export function macOf(text: string, macSecret: string): string {
  if (macSecret.length < MIN_MAC_SECRET_CHARS) {
    throw new RangeError(`the secret for hashing keys must have at least ${MIN_MAC_SECRET_CHARS} characters`)
  }
  return createHmac('sha256', macSecret).update(text).digest('hex')
}

/** Whether two MACs are the same, in a time that does not depend on where they differ. */
export function sameMac(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function displayOf(text: string): string {
  return `${text.slice(0, SHOWN_CHARS - RANDOM_CHARS)}…${text.slice(-4)}`
}

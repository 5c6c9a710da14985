import { randomFillSync } from 'node:crypto'

/*
 * Random bytes for names of things, not for secrets. Asking the system costs several microseconds however few bytes are wanted, and a
 * call needs a handful of ids: so a few hundred ids' worth is asked for at once. Every byte is given out once.
 */

const POOL_BYTES = 4096

const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** Random hex digits, two for each of at most 4096 bytes. */
export function chanceHex(bytes: number): string {
  const from = take(bytes)
  return pool.toString('hex', from, from + bytes)
}

/** Random characters of an alphabet of 32, five bits each. */
export function chanceText(characters: number, alphabet: string): string {
  const from = take(characters)
  let text = ''
  for (let at = from; at < from + characters; at += 1) text += alphabet.charAt((pool[at] ?? 0) & 31)
  return text
}

/** Where so many fresh bytes begin. */
function take(bytes: number): number {
  if (bytes > POOL_BYTES) throw new RangeError(`no more than ${POOL_BYTES} random bytes at once`)
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  const from = used
  used += bytes
  return from
}

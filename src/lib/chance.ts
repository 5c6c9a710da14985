import { randomFillSync } from 'node:crypto'

/*
 * Random characters for names of things, not for secrets. Asking the system costs several microseconds however few bytes are wanted, and a
 * call needs a handful of ids: so some hundreds of ids' worth is drawn and spelled at once, and handed out piece by piece. Nothing is
 * handed out twice.
 */

/** Characters that are drawn at once: the most that one id can have. */
const POOL_CHARS = 4096
/** Enough for the milliseconds of the next thousand years. */
const TIME_CHARS = 9
const HEX = '0123456789abcdef'
/** Digits and letters without those that are taken for one another. */
const BASE_32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** A supply of random characters of an alphabet, whose length must be a power of two up to 256. */
class Supply {
  readonly #alphabet: Buffer
  readonly #bytes = Buffer.alloc(POOL_CHARS)
  #text = ''
  #used = POOL_CHARS

  constructor(alphabet: string) {
    this.#alphabet = Buffer.from(alphabet)
  }

  take(characters: number): string {
    if (characters > POOL_CHARS) throw new RangeError(`no more than ${POOL_CHARS} random characters at once`)
    if (this.#used + characters > POOL_CHARS) this.#refill()
    this.#used += characters
    return this.#text.slice(this.#used - characters, this.#used)
  }

  #refill(): void {
    randomFillSync(this.#bytes)
    spell(this.#bytes, this.#alphabet)
    this.#text = this.#bytes.toString('latin1')
    this.#used = 0
  }
}

/** Makes characters of the alphabet of random bytes, where they stand. */
function spell(bytes: Buffer, alphabet: Buffer): void {
  const mask = alphabet.length - 1
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = alphabet[(bytes[at] ?? 0) & mask] ?? 0
}

const hex = new Supply(HEX)
const base32 = new Supply(BASE_32)

/** Random hex digits, at most 4096. */
export function chanceHex(digits: number): string {
  return hex.take(digits)
}

/** Random digits and lower-case letters, at most 4096, of five bits each. */
export function chanceBase32(characters: number): string {
  return base32.take(characters)
}

/** A whole number as nine base-32 characters, which sort as the numbers do. */
export function sortableBase32(value: number): string {
  let text = ''
  for (let rest = value; text.length < TIME_CHARS; rest = Math.floor(rest / 32)) text = BASE_32.charAt(rest % 32) + text
  return text
}

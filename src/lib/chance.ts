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
/** Digits and letters without those that are taken for one another. */
const BASE_32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** A supply of random characters; `draw` gives as many new ones as there are drawn at once. */
class Supply {
  readonly #draw: () => string
  #text = ''
  #used = POOL_CHARS

  constructor(draw: () => string) {
    this.#draw = draw
  }

  take(characters: number): string {
    if (characters > POOL_CHARS) throw new RangeError(`no more than ${POOL_CHARS} random characters at once`)
    if (this.#used + characters > POOL_CHARS) {
      this.#text = this.#draw()
      this.#used = 0
    }
    this.#used += characters
    return this.#text.slice(this.#used - characters, this.#used)
  }
}

/** Two digits a byte, spelled by Node. */
function drawHex(): string {
  return randomFillSync(Buffer.allocUnsafe(POOL_CHARS / 2)).toString('hex')
}

/** A character a byte, of which five bits count. */
function drawBase32(): string {
  const bytes = randomFillSync(Buffer.allocUnsafe(POOL_CHARS))
  for (let at = 0; at < POOL_CHARS; at += 1) bytes[at] = BASE_32.charCodeAt((bytes[at] ?? 0) & 31)
  return bytes.toString('latin1')
}

const hex = new Supply(drawHex)
const base32 = new Supply(drawBase32)

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

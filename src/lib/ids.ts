import { chanceText } from './chance.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const TIME_CHARS = 9
const CHANCE_CHARS = 16

/**
 * A sortable identifier: prefix, underscore, 9 characters of time, 16 of chance (80 bits).
 * Newer ids sort after older ones, so a primary key is also an order of time.
 */
export function newId(prefix: string, nowMs: number = Date.now()): string {
  let time = ''
  for (let rest = nowMs; time.length < TIME_CHARS; rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time
  return `${prefix}_${time}${chanceText(CHANCE_CHARS, ALPHABET)}`
}

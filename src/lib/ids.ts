import { chanceBase32, sortableBase32 } from './chance.ts'

const CHANCE_CHARS = 16

/** The millisecond of the last id, spelled: ids are made in bursts. */
const latest = { ms: 0, text: sortableBase32(0) }

/**
 * A sortable identifier: prefix, underscore, 9 characters of time, 16 of chance (80 bits).
 * Newer ids sort after older ones, so a primary key is also an order of time.
 */
export function newId(prefix: string, nowMs: number = Date.now()): string {
  if (nowMs !== latest.ms) {
    latest.ms = nowMs
    latest.text = sortableBase32(nowMs)
  }
  return `${prefix}_${latest.text}${chanceBase32(CHANCE_CHARS)}`
}

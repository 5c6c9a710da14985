/** A time in ms since 1970 as ISO text in UTC: `2026-11-21T08:00:00.000Z`; null stays null. */
export function isoTime(ms: number): string
export function isoTime(ms: number | null): string | null
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

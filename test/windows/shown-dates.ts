/*
 * The calendar a second time, in the plainest way: what date do the clocks of a zone show? It shares nothing with the code under test, which
 * reckons with offsets from UTC and never looks at a date that was shown.
 */

/** Tells what the clocks of a zone show. */
export interface ShownDates {
  /** The date at an instant (ms since 1970): `2026-11-21`. Dates compare as texts. */
  at(instantMs: number): string
}

/** Dates as the clocks of a zone show them. */
export function shownDates(zone: string): ShownDates {
  // Swedes write dates as ISO does.
  const date = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  return { at: (instantMs) => date.format(instantMs) }
}

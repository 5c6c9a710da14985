import { describe, expect, it } from 'vitest'
import { type Calendar, createCalendar } from '../../src/money/window.ts'
import { problemsOf, years } from './tiling.ts'
import { ALL_ZONES, PARTS, zonesOf } from './zones.ts'

/** Calendars as careless people write them, with a zone and years in which it shows. */
const CARELESS: readonly { readonly name: string; readonly zone: string; readonly calendars: () => Calendar }[] = [
  {
    name: 'days begin an hour late',
    zone: 'UTC',
    calendars: () => changed((window) => ({ ...window, startsAt: window.startsAt + 3_600_000 })),
  },
  {
    name: 'a day is always 24 hours',
    zone: 'Europe/Berlin',
    calendars: () => changed((window) => ({ ...window, endsAt: window.startsAt + 86_400_000 })),
  },
  {
    name: 'midnight is UTC for everybody',
    zone: 'America/New_York',
    calendars: () => ({ ...createCalendar(), windowOf: (kind, at) => createCalendar().windowOf(kind, at, 'UTC') }),
  },
  {
    name: 'summer time is not known',
    zone: 'America/Havana',
    calendars: () => ({
      ...createCalendar(),
      windowOf: (kind, at) => createCalendar().windowOf(kind, at, 'Etc/GMT+5'),
    }),
  },
  {
    name: 'a window includes its end',
    zone: 'Asia/Tokyo',
    calendars: () => changed((window) => ({ ...window, endsAt: window.endsAt + 1 })),
  },
  {
    name: 'ids say the year and the month only',
    zone: 'UTC',
    calendars: () => changed((window) => ({ ...window, id: window.id.slice(0, 'day:2026-11'.length) })),
  },
]

function changed(change: (window: ReturnType<Calendar['windowOf']>) => ReturnType<Calendar['windowOf']>): Calendar {
  const right = createCalendar()
  return { ...right, windowOf: (kind, at, zone) => change(right.windowOf(kind, at, zone)) }
}

describe('the check of windows', () => {
  it('looks at every zone once', () => {
    const parts = Object.keys(PARTS) as (keyof typeof PARTS)[]
    expect(parts.flatMap(zonesOf).sort()).toEqual(ALL_ZONES)
    expect(ALL_ZONES.length).toBeGreaterThan(590)
  })

  it.each(CARELESS)('notices when $name', ({ zone, calendars }) => {
    expect(problemsOf(zone, years(2012, 2012), calendars)).not.toEqual([])
  })
})

import { type Calendar, type CalendarWindow, createCalendar } from '../../src/money/window.ts'
import { type ShownDates, shownDates } from './shown-dates.ts'

/*
 * Checks that the windows of a zone tile a stretch of time, and that each is the window the clocks of the zone show:
 *
 * - each window begins where the one before ends, and no id comes twice;
 * - whether one comes from the past or from the future, the windows are the same: the first and the last millisecond of a window name it;
 * - at its start the clocks show its date, one millisecond before they show an earlier one, and they have never shown it or a later one before (on nights
 *   on which clocks go back over midnight they show a date twice: the first time counts);
 * - months begin with their first day.
 *
 * Problems come back as sentences; none is the good result.
 */

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Clocks have never gone back by less, or by more than `MOST_BACK`, in the years that are checked. */
const LEAST_BACK = HOUR / 4
const MOST_BACK = 6 * HOUR

/** A stretch of time, in ms since 1970. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Years from the first of January to the last of December, UTC. */
export function years(first: number, last: number): Stretch {
  return { from: Date.UTC(first, 0, 1), to: Date.UTC(last + 1, 0, 1) }
}

/** What is checked, and with what: two calendars, so that what one remembers of the past does not help it on the way back. */
interface Zone {
  readonly name: string
  readonly forwards: Calendar
  readonly backwards: Calendar
  readonly dates: ShownDates
}

/** All that is wrong with the days and months of a zone in a stretch of time. */
export function problemsOf(
  name: string,
  stretch: Stretch,
  calendars: () => Calendar = createCalendar,
): readonly string[] {
  return problemsIn({ name, forwards: calendars(), backwards: calendars(), dates: shownDates(name) }, stretch)
}

/** The same near the nights on which the zone's clocks change, and at the ends of months: cheaper, for zones that are not checked whole. */
export function problemsAtChanges(name: string, stretch: Stretch): readonly string[] {
  const zone = { name, forwards: createCalendar(), backwards: createCalendar(), dates: shownDates(name) }
  return changes(name, stretch).flatMap((at) => problemsIn(zone, { from: at - 2 * DAY, to: at + 2 * DAY }))
}

function problemsIn(zone: Zone, stretch: Stretch): readonly string[] {
  const days = walk(zone, 'day', stretch)
  const months = walk(zone, 'month', stretch)
  const problems = [
    ...walkProblems(zone, 'day', days, stretch),
    ...walkProblems(zone, 'month', months, stretch),
    ...dayProblems(days, zone.dates),
    ...monthProblems(months, days),
  ]
  return problems.map((problem) => `${zone.name}: ${problem}`)
}

/** Windows as they follow one another, the first being the one that `from` is in. */
function walk({ name, forwards }: Zone, kind: 'day' | 'month', { from, to }: Stretch): readonly CalendarWindow[] {
  const windows: CalendarWindow[] = []
  for (let at = from; at < to; ) {
    const window = forwards.windowOf(kind, at, name)
    windows.push(window)
    if (window.endsAt <= at) return windows
    at = window.endsAt
  }
  return windows
}

function walkProblems(
  { name, backwards }: Zone,
  kind: 'day' | 'month',
  windows: readonly CalendarWindow[],
  { from, to }: Stretch,
): readonly string[] {
  const problems: string[] = []
  const first = windows.at(0)
  const last = windows.at(-1)
  if (!first || !last || first.startsAt > from || last.endsAt < to) problems.push(`${kind}s do not cover the stretch`)
  if (new Set(windows.map(({ id }) => id)).size < windows.length) problems.push(`two ${kind}s have the same id`)
  let later: CalendarWindow | undefined
  for (const window of windows.toReversed()) {
    if (later && later.startsAt !== window.endsAt) problems.push(`${window.id} does not end where ${later.id} begins`)
    const again = backwards.windowOf(kind, window.endsAt - 1, name)
    if (again.id !== window.id || again.startsAt !== window.startsAt || again.endsAt !== window.endsAt) {
      problems.push(`the last instant of ${window.id} is in ${again.id}`)
    }
    later = window
  }
  return problems
}

function dayProblems(days: readonly CalendarWindow[], dates: ShownDates): readonly string[] {
  const problems: string[] = []
  let regular = true
  for (const { id, startsAt, endsAt } of days) {
    const date = id.slice('day:'.length)
    if (dates.at(startsAt) !== date) problems.push(`${id} begins when the clocks show ${dates.at(startsAt)}`)
    if (dates.at(startsAt - 1) >= date) problems.push(`${id} begins after the clocks have shown its date`)
    // Only where clocks change can they have shown the date, gone back, and show it again.
    const wasRegular: boolean = regular
    regular = endsAt - startsAt === DAY
    if (regular && wasRegular) continue
    for (let back = LEAST_BACK; back <= MOST_BACK; back += LEAST_BACK) {
      const earlier = dates.at(startsAt - back)
      if (earlier >= date) problems.push(`${id} begins ${back / HOUR} hours after the clocks had shown ${earlier}`)
    }
  }
  return problems
}

function monthProblems(months: readonly CalendarWindow[], days: readonly CalendarWindow[]): readonly string[] {
  const firstDays = new Map<string, number>()
  for (const { id, startsAt } of days) {
    const month = `month:${id.slice('day:'.length, 'day:2026-11'.length)}`
    if (!firstDays.has(month)) firstDays.set(month, startsAt)
  }
  // The stretch may begin within a month: that one's first day is not among the days.
  return months.slice(1).flatMap(({ id, startsAt }) => {
    return firstDays.get(id) === startsAt ? [] : [`${id} does not begin with its first day`]
  })
}

/** Noons (UTC) after a change of the clocks, and ends of months. */
function changes(zone: string, { from, to }: Stretch): readonly number[] {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
  const found: number[] = []
  let before = clock.format(from + DAY / 2)
  for (let noon = from + DAY / 2; noon < to; noon += DAY) {
    const shown = clock.format(noon)
    if (shown !== before || new Date(noon).getUTCDate() === 1) found.push(noon)
    before = shown
  }
  return found
}

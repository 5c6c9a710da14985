/*
 * The calendar of budgets. A window is named by the instant alone, so nothing ever has to be reset: when the day is over, the next call simply names
 * another window.
 *
 * Days and months begin when the clocks of the budget's zone first show them. That instant is searched, not computed by adding hours: days have 23 or 25
 * hours on DST nights, some zones have no midnight on such a night, some have two. Where clocks go back over midnight the date shows twice; the first
 * time counts, so windows follow one another without gap or overlap. Hours and minutes are counted in UTC, where they all have the same length.
 */

/** How long a budget lasts. */
export type WindowKind = 'minute' | 'hour' | 'day' | 'month'

/** One window of a calendar. Times in ms since 1970; `endsAt` is the next window's start. */
export interface CalendarWindow {
  /** `day:2026-11-21`, `month:2026-11`, `hour:2026-11-21T14Z`, `minute:2026-11-21T14:05Z`. */
  readonly id: string
  readonly startsAt: number
  readonly endsAt: number
}

/** Names windows in IANA time zones. It remembers formatters and the windows last asked for. */
export interface Calendar {
  /** The window that an instant is in. Throws RangeError for an unknown zone. */
  windowOf(kind: WindowKind, instantMs: number, zone: string): CalendarWindow
  /** An instant as the zone's clocks show it: `2026-11-22T00:00:00+01:00`. */
  format(instantMs: number, zone: string): string
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Whether this machine knows an IANA time zone. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** A calendar with empty caches. */
export function createCalendar(): Calendar {
  const formatters = new Map<string, Intl.DateTimeFormat>()
  const latest = new Map<string, CalendarWindow>()

  /** How far the zone's clocks are ahead of UTC at an instant, in ms. */
  const offset = (instantMs: number, zone: string): number => {
    let formatter = formatters.get(zone)
    if (!formatter) {
      formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
      formatters.set(zone, formatter)
    }
    return readOffset(formatter.format(instantMs))
  }

  /** The first instant at which the zone's clocks show `wall` or later. */
  const firstShowing = (wall: number, zone: string): number => {
    const before = offset(wall - DAY, zone)
    const after = offset(wall + DAY, zone)
    if (before === after) return wall - before
    let low = wall - DAY
    let high = wall + DAY
    while (high - low > SECOND) {
      const middle = low + Math.floor((high - low) / (2 * SECOND)) * SECOND
      if (offset(middle, zone) === before) low = middle
      else high = middle
    }
    const change = high
    if (wall - before < change) return wall - before
    return Math.max(change, wall - after)
  }

  const localWindow = (kind: 'day' | 'month', instantMs: number, zone: string): CalendarWindow => {
    const shown = new Date(instantMs + offset(instantMs, zone))
    const year = shown.getUTCFullYear()
    const month = shown.getUTCMonth()
    const nth = (step: number): number =>
      kind === 'day' ? Date.UTC(year, month, shown.getUTCDate() + step) : Date.UTC(year, month + step, 1)
    let step = 0
    let startsAt = firstShowing(nth(step), zone)
    let endsAt = firstShowing(nth(step + 1), zone)
    while (endsAt <= instantMs) {
      step += 1
      startsAt = endsAt
      endsAt = firstShowing(nth(step + 1), zone)
    }
    while (startsAt > instantMs) {
      step -= 1
      endsAt = startsAt
      startsAt = firstShowing(nth(step), zone)
    }
    const date = new Date(nth(step)).toISOString()
    return { id: kind === 'day' ? `day:${date.slice(0, 10)}` : `month:${date.slice(0, 7)}`, startsAt, endsAt }
  }

  return {
    windowOf(kind, instantMs, zone) {
      if (kind === 'hour' || kind === 'minute') return utcWindow(kind, instantMs)
      const key = `${kind} ${zone}`
      const known = latest.get(key)
      if (known && known.startsAt <= instantMs && instantMs < known.endsAt) return known
      const window = localWindow(kind, instantMs, zone)
      latest.set(key, window)
      return window
    },
    format(instantMs, zone) {
      const ahead = offset(instantMs, zone)
      const minutes = Math.round(ahead / MINUTE)
      const shown = new Date(instantMs + ahead).toISOString().slice(0, 19)
      const two = (value: number): string => String(value).padStart(2, '0')
      const size = Math.abs(minutes)
      return `${shown}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
    },
  }
}

/** The offset at the end of a text such as `11/21/2026, GMT+01:00`, in ms; seconds are named only where a zone has them. */
function readOffset(text: string): number {
  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? []
  const size = Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE + Number(seconds ?? 0) * SECOND
  return sign === '-' ? -size : size
}

function utcWindow(kind: 'hour' | 'minute', instantMs: number): CalendarWindow {
  const length = kind === 'hour' ? HOUR : MINUTE
  const startsAt = Math.floor(instantMs / length) * length
  const text = new Date(startsAt).toISOString().slice(0, kind === 'hour' ? 13 : 16)
  return { id: `${kind}:${text}Z`, startsAt, endsAt: startsAt + length }
}

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

  /** What the zone's clocks show at an instant, as if it were UTC, in ms; whole seconds. */
  const wallTime = (instantMs: number, zone: string): number => {
    let formatter = formatters.get(zone)
    if (!formatter) {
      formatter = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
      formatters.set(zone, formatter)
    }
    const shown: Record<string, number> = {}
    for (const part of formatter.formatToParts(instantMs)) shown[part.type] = Number(part.value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }

  const offset = (instantMs: number, zone: string): number =>
    wallTime(instantMs, zone) - Math.floor(instantMs / SECOND) * SECOND

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
    const shown = new Date(wallTime(instantMs, zone))
    const year = shown.getUTCFullYear()
    const month = shown.getUTCMonth()
    const nth = (step: number): number =>
      kind === 'day' ? Date.UTC(year, month, shown.getUTCDate() + step) : Date.UTC(year, month + step, 1)
    let step = 0
    while (firstShowing(nth(step + 1), zone) <= instantMs) step += 1
    while (firstShowing(nth(step), zone) > instantMs) step -= 1
    const date = new Date(nth(step)).toISOString()
    return {
      id: kind === 'day' ? `day:${date.slice(0, 10)}` : `month:${date.slice(0, 7)}`,
      startsAt: firstShowing(nth(step), zone),
      endsAt: firstShowing(nth(step + 1), zone),
    }
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
      const minutes = Math.round(offset(instantMs, zone) / MINUTE)
      const shown = new Date(wallTime(instantMs, zone)).toISOString().slice(0, 19)
      const two = (value: number): string => String(value).padStart(2, '0')
      const size = Math.abs(minutes)
      return `${shown}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
    },
  }
}

function utcWindow(kind: 'hour' | 'minute', instantMs: number): CalendarWindow {
  const length = kind === 'hour' ? HOUR : MINUTE
  const startsAt = Math.floor(instantMs / length) * length
  const text = new Date(startsAt).toISOString().slice(0, kind === 'hour' ? 13 : 16)
  return { id: `${kind}:${text}Z`, startsAt, endsAt: startsAt + length }
}

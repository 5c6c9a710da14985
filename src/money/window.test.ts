import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCalendar, isTimeZone, type WindowKind } from './window.ts'

const HOUR = 3_600_000
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'Europe/Dublin',
  'America/New_York',
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'America/Asuncion',
  'America/Santiago',
  'America/Phoenix',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/Nairobi',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Amman',
  'Asia/Tokyo',
  'Asia/Pyongyang',
  'Australia/Lord_Howe',
  'Australia/Adelaide',
  'Australia/Eucla',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Chatham',
  'Pacific/Pago_Pago',
  'Pacific/Norfolk',
  'Antarctica/Troll',
  'Atlantic/Azores',
] as const

const calendar = createCalendar()
const at = (text: string): number => Date.parse(text)
const hours = (kind: WindowKind, text: string, zone: string): number => {
  const { startsAt, endsAt } = calendar.windowOf(kind, at(text), zone)
  return (endsAt - startsAt) / HOUR
}

// That windows tile in every zone there is, over decades, is shown in `test/windows`.
describe('calendar', () => {
  test('an instant is in the window it names, and all instants of a window name the same one', () => {
    const instants = fc.integer({ min: at('2009-01-01T00:00:00Z'), max: at('2034-01-01T00:00:00Z') })
    const kinds = fc.constantFrom<WindowKind>('minute', 'hour', 'day', 'month')
    fc.assert(
      fc.property(
        instants,
        kinds,
        fc.constantFrom(...ZONES),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (ms, kind, zone, part) => {
          const window = createCalendar().windowOf(kind, ms, zone)
          expect(window.startsAt <= ms && ms < window.endsAt).toBe(true)
          const inside = window.startsAt + Math.floor((window.endsAt - 1 - window.startsAt) * part)
          expect(createCalendar().windowOf(kind, inside, zone)).toEqual(window)
          expect(createCalendar().windowOf(kind, window.startsAt - 1, zone).endsAt).toBe(window.startsAt)
          expect(createCalendar().windowOf(kind, window.endsAt, zone).startsAt).toBe(window.endsAt)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('days have 23 and 25 hours on the DST nights', () => {
    expect(hours('day', '2026-03-29T12:00:00Z', 'Europe/Berlin')).toBe(23)
    expect(hours('day', '2026-10-25T12:00:00Z', 'Europe/Berlin')).toBe(25)
    expect(hours('day', '2026-11-21T12:00:00Z', 'Europe/Berlin')).toBe(24)
    expect(hours('day', '2026-04-05T06:00:00Z', 'Australia/Lord_Howe')).toBe(24.5)
  })

  test('a day begins where its midnight does not exist', () => {
    // On 2018-11-04 the clocks of Sao Paulo went from 23:59:59 to 01:00.
    const { id, startsAt } = calendar.windowOf('day', at('2018-11-04T12:00:00Z'), 'America/Sao_Paulo')
    expect(id).toBe('day:2018-11-04')
    expect(calendar.format(startsAt, 'America/Sao_Paulo')).toBe('2018-11-04T01:00:00-02:00')
    expect(calendar.windowOf('day', startsAt - 1, 'America/Sao_Paulo').id).toBe('day:2018-11-03')
  })

  test('a day whose midnight comes twice begins with the first', () => {
    // On 2026-11-01 the clocks of Havana go from 00:59:59 back to 00:00.
    const { startsAt, endsAt } = calendar.windowOf('day', at('2026-11-01T12:00:00Z'), 'America/Havana')
    expect(calendar.format(startsAt, 'America/Havana')).toBe('2026-11-01T00:00:00-04:00')
    expect((endsAt - startsAt) / HOUR).toBe(25)
  })

  test('a day that a zone leaves out has no window', () => {
    // Samoa went from 29 to 31 December 2011.
    const last = calendar.windowOf('day', at('2011-12-30T09:59:59Z'), 'Pacific/Apia')
    const next = calendar.windowOf('day', last.endsAt, 'Pacific/Apia')
    expect([last.id, next.id]).toEqual(['day:2011-12-29', 'day:2011-12-31'])
  })

  test('months end on their last day, leap years included', () => {
    const month = (text: string) => calendar.windowOf('month', at(text), 'UTC')
    expect(month('2028-02-29T23:59:59.999Z')).toEqual({
      id: 'month:2028-02',
      startsAt: at('2028-02-01T00:00:00Z'),
      endsAt: at('2028-03-01T00:00:00Z'),
    })
    expect(month('2026-01-31T12:00:00Z').endsAt).toBe(at('2026-02-01T00:00:00Z'))
    expect(month('2026-12-31T23:00:00Z').endsAt).toBe(at('2027-01-01T00:00:00Z'))
    expect(calendar.windowOf('month', at('2026-10-31T23:30:00Z'), 'Europe/Berlin').id).toBe('month:2026-11')
  })

  test('hours and minutes are the same everywhere', () => {
    const instant = at('2026-10-25T00:59:30Z')
    expect(calendar.windowOf('hour', instant, 'Asia/Kathmandu')).toEqual({
      id: 'hour:2026-10-25T00Z',
      startsAt: at('2026-10-25T00:00:00Z'),
      endsAt: at('2026-10-25T01:00:00Z'),
    })
    expect(calendar.windowOf('minute', instant, 'Europe/Berlin').id).toBe('minute:2026-10-25T00:59Z')
  })

  test('a reset is shown as the clocks of the zone show it', () => {
    expect(calendar.format(at('2026-11-21T23:00:00Z'), 'Europe/Berlin')).toBe('2026-11-22T00:00:00+01:00')
    expect(calendar.format(at('2026-11-21T18:30:00Z'), 'Asia/Kolkata')).toBe('2026-11-22T00:00:00+05:30')
    expect(calendar.format(at('2026-11-21T03:30:00Z'), 'America/St_Johns')).toBe('2026-11-21T00:00:00-03:30')
  })

  test('a zone that does not exist is told', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true)
    expect(isTimeZone('Europe/Atlantis')).toBe(false)
    expect(() => calendar.windowOf('day', 0, 'Europe/Atlantis')).toThrow(RangeError)
  })
})

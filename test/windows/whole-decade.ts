import { expect, it } from 'vitest'
import { problemsAtChanges, problemsOf, years } from './tiling.ts'
import { type PARTS, zonesOf } from './zones.ts'

/**
 * Ten years with nearly everything that clocks have ever done: Samoa leaves out a day (2011), Egypt changes four times in a year (2010, 2014), Morocco
 * pauses summer time for Ramadan, Brazil has days without midnight, Russia moves twice, North Korea and Venezuela by half an hour, Troll by two hours.
 */
const PAST = years(2010, 2019)

/** Ten years that are still to come, by the rules as they are known. */
const FUTURE = years(2026, 2035)

/** Registers the tests for a part of the world. */
export function testWindowsOf(part: keyof typeof PARTS): void {
  const listed = new Set(Intl.supportedValuesOf('timeZone'))
  const zones = zonesOf(part)

  it('days and months tile ten past years in every zone, and are those that the clocks show', () => {
    const whole = zones.filter((zone) => listed.has(zone))
    expect(whole.flatMap((zone) => problemsOf(zone, PAST))).toEqual([])
  })

  it('other names of zones tile the same years wherever clocks change and months end', () => {
    const other = zones.filter((zone) => !listed.has(zone))
    expect(other.flatMap((zone) => problemsAtChanges(zone, PAST))).toEqual([])
  })

  it('all zones tile ten future years wherever clocks change and months end', () => {
    expect(zones.flatMap((zone) => problemsAtChanges(zone, FUTURE))).toEqual([])
  })
}

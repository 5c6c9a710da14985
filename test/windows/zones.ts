import { OTHER_NAMES } from './other-names.ts'

/** Every name of a time zone: those that JavaScript lists and those that it only knows. */
export const ALL_ZONES: readonly string[] = [...new Set([...Intl.supportedValuesOf('timeZone'), ...OTHER_NAMES])].sort()

/** The continents and oceans that the names begin with, in parts of about the same work; the last part is everything else. */
export const PARTS = {
  america: ['America'],
  asia: ['Asia', 'Indian', 'Antarctica'],
  europeAndAfrica: ['Europe', 'Africa'],
  oceansAndOldNames: null,
} as const

/** The zones of a part. Together the parts are all zones, and none is in two. */
export function zonesOf(part: keyof typeof PARTS): readonly string[] {
  const named = Object.values(PARTS).flatMap((areas) => areas ?? [])
  const areas: readonly string[] | null = PARTS[part]
  return ALL_ZONES.filter((zone) => {
    const area = zone.split('/')[0] ?? ''
    return areas ? areas.includes(area) : !named.some((one) => one === area)
  })
}

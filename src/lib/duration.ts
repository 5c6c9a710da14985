const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The form of a duration: a number and its unit, `500ms` `1.5s` `5m` `1h` `7d`. */
export const DURATION_PATTERN = /^\d{1,15}(?:\.\d{1,9})?(?:ms|s|m|h|d)$/

/** Milliseconds, rounded up to a whole one; undefined when the text is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined
  const unit = UNITS[text.replace(/^[\d.]+/, '')]
  return unit === undefined ? undefined : Math.ceil(Number.parseFloat(text) * unit)
}

/** The shortest exact form of a whole number of milliseconds: 90000 is `90s`, 120000 is `2m`. */
export function durationText(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = UNITS[unit]
    if (size !== undefined && durationMs >= size && durationMs % size === 0) return `${durationMs / size}${unit}`
  }
  return `${durationMs}ms`
}

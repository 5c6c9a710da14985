/** Whether a name is an IANA time zone: `Europe/Berlin`, `UTC`. Offsets such as `+02:00` are none: they know no summer time. Slow (0.1 ms). */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

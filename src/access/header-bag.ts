/** Request headers by lower-case name; a list where a header came more than once. */
export type HeaderBag = Readonly<Record<string, string | readonly string[] | undefined>>

const NONE: readonly string[] = []

/** Every value of a header, in order; none when it is absent. */
export function headerValues(headers: HeaderBag, name: string): readonly string[] {
  const value = headers[name]
  if (value === undefined) return NONE
  return typeof value === 'string' ? [value] : value
}

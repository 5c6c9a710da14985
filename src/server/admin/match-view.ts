/** What calls must say to count, as the admin API shows it: one value as itself, several as a list. */
export type MatchView = Readonly<Record<string, string | readonly string[]>>

/** A match of a budget or a limit, as it is shown. */
export function matchView(match: Readonly<Record<string, readonly string[]>>): MatchView {
  return Object.fromEntries(
    Object.entries(match).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

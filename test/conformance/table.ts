import type { Outcome } from './replay.ts'

/** How many of a group of replays mean the same. */
export interface Score {
  readonly calls: number
  readonly equal: number
}

/** What is known of one provider, or of all. */
export interface Row {
  readonly provider: string
  /** Replays to clients of the recording's own format. */
  readonly same: Score
  /** Replays to clients of another format. */
  readonly cross: Score
}

/** The rows of the table by provider, in alphabetical order, and then the totals. */
export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  const providers = [...new Set(outcomes.map(({ provider }) => provider))].sort()
  const rows = providers.map((provider) =>
    rowOf(
      provider,
      outcomes.filter((outcome) => outcome.provider === provider),
    ),
  )
  return [...rows, rowOf('total', outcomes)]
}

function rowOf(provider: string, outcomes: readonly Outcome[]): Row {
  const same = outcomes.filter(({ from, to }) => from === to)
  return { provider, same: scoreOf(same), cross: scoreOf(outcomes.filter((outcome) => !same.includes(outcome))) }
}

function scoreOf(outcomes: readonly Outcome[]): Score {
  return { calls: outcomes.length, equal: outcomes.filter(({ differences }) => differences.length === 0).length }
}

/** The share of a score that is equal, in percent; all of nothing is equal. */
export function percent({ calls, equal }: Score): number {
  return calls === 0 ? 100 : (equal / calls) * 100
}

/** The least shares of equal replays, in percent, for a run to pass. */
export const LEAST = { same: 99.5, cross: 98 } as const

/** Whether the totals of a table are good enough. */
export function passes(rows: readonly Row[]): boolean {
  const total = rows.at(-1)
  return total !== undefined && percent(total.same) >= LEAST.same && percent(total.cross) >= LEAST.cross
}

/** The table as lines for people. */
export function tableLines(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(({ provider }) => provider.length), 'provider'.length)
  const head = `${'provider'.padEnd(width)}  ${'calls'.padStart(6)}  ${'same %'.padStart(7)}  ${'cross %'.padStart(7)}`
  return [
    head,
    ...rows.map(({ provider, same, cross }) => {
      const calls = String(same.calls + cross.calls).padStart(6)
      return `${provider.padEnd(width)}  ${calls}  ${shown(same)}  ${shown(cross)}`
    }),
  ]
}

function shown(score: Score): string {
  return percent(score).toFixed(2).padStart(7)
}

/** What fails, a line each. */
export function failureLines(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ differences }) => differences.length > 0)
    .map(({ id, provider, from, to, stream, differences }) => {
      const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : ''
      return `${id}  ${provider}  ${from} -> ${to}${stream ? ' stream' : ''}: ${differences[0]}${more}`
    })
}

/** Why minimal requests stood in for recorded ones, with how often. */
export function minimalLines(outcomes: readonly Outcome[]): string[] {
  const counts = new Map<string, number>()
  for (const { minimal } of outcomes) if (minimal !== null) counts.set(minimal, (counts.get(minimal) ?? 0) + 1)
  return [...counts].sort(([, left], [, right]) => right - left).map(([reason, count]) => `${count} × ${reason}`)
}

/** How many replays of each format mean the same to the clients of each, as lines for people: a row for each recorded format, a column for each client's. */
export function pairLines(outcomes: readonly Outcome[]): string[] {
  const froms = [...new Set(outcomes.map(({ from }) => from))].sort()
  const tos = [...new Set(outcomes.map(({ to }) => to))].sort()
  const width = Math.max(...froms.map((from) => from.length), 'recorded \\ client'.length)
  const cell = (from: string, to: string): string => {
    const { calls, equal } = scoreOf(outcomes.filter((outcome) => outcome.from === from && outcome.to === to))
    return (calls === 0 ? '' : `${equal}/${calls}`).padStart(Math.max(to.length, 9))
  }
  return [
    ['recorded \\ client'.padEnd(width), ...tos.map((to) => to.padStart(9))].join('  '),
    ...froms.map((from) => [from.padEnd(width), ...tos.map((to) => cell(from, to))].join('  ')),
  ]
}

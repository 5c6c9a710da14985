import type { Seen } from './call.ts'
import type { ChaosReport } from './chaos.ts'
import type { Cycle } from './cycle.ts'
import { type Row, tableText } from './table.ts'

const SEEN: readonly Seen[] = ['whole', 'refused', 'cut', 'left', 'unreachable']
const COLUMNS = ['cycles', 'calls', ...SEEN, 'upstream', 'presumed', 'serving', 'booked'] as const

/** The table by kind of harm, in alphabetical order, then the totals. */
export function tableLines({ cycles }: ChaosReport): string[] {
  const kinds = [...new Set(cycles.map(({ harm }) => harm))].sort()
  const rows = [
    ...kinds.map((kind) =>
      rowOf(
        kind,
        cycles.filter(({ harm }) => harm === kind),
      ),
    ),
    rowOf('all', cycles),
  ]
  return tableText(COLUMNS, rows)
}

function rowOf(name: string, cycles: readonly Cycle[]): Row {
  const made = cycles.flatMap((cycle) => cycle.made)
  const sum = (count: (cycle: Cycle) => number) => cycles.reduce((total, cycle) => total + count(cycle), 0)
  const most = (ms: (cycle: Cycle) => number) => `${(Math.max(0, ...cycles.map(ms)) / 1000).toFixed(1)} s`
  return [
    name,
    [
      ...[cycles.length, made.length],
      ...SEEN.map((seen) => made.filter((call) => call.seen === seen).length),
      ...[sum(({ upstream }) => upstream.length), sum(({ presumed }) => presumed)],
    ]
      .map(String)
      .concat([most(({ servingAfterMs }) => servingAfterMs), most(({ bookedAfterMs }) => bookedAfterMs)]),
  ]
}

/** What was wrong, a line each; empty when nothing was. */
export function problemLines({ cycles, problems }: ChaosReport): string[] {
  const inCycles = cycles.flatMap(({ number, harm, problems: found }) =>
    found.map((problem) => `cycle ${number} (${harm}): ${problem}`),
  )
  return [...inCycles, ...problems.map((problem) => `at the end: ${problem}`)]
}

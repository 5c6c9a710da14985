import { cpus, totalmem } from 'node:os'
import type { Bench } from './bench.ts'
import type { Measure, Measures } from './measure.ts'
import type { Settings } from './settings.ts'
import { type Spread, spreadOf } from './statistics.ts'

/** The figures of one measure: what each subject took, and their ratio round by round. */
export interface Row {
  readonly name: string
  readonly unit: Measure['unit']
  readonly bare: Spread
  readonly gateway: Spread
  readonly ratio: Spread
}

/** Everything that a run has to say. */
export interface Report {
  readonly machine: string
  readonly rounds: number
  readonly concurrency: number
  /** Calls that failed and are in the figures all the same. */
  readonly failed: number
  /** V8's flags that the gateway sets for itself. */
  readonly flags: readonly string[]
  /** Whether both subjects were called equally often, and how often that was, or how often the gateway was called: calls a second by workload. */
  readonly paced: boolean
  readonly paces: Readonly<Record<string, number>>
  readonly rows: readonly Row[]
}

/** Sums a run up. */
export function reportOf(measures: Measures, { rounds, concurrency, unpaced }: Settings, bench: Bench): Report {
  const { calls, chunk, shortStream, leastStream, firstToken, memory, paces } = measures
  const [cpu] = cpus()
  return {
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    rounds,
    concurrency,
    failed: bench.failed(),
    flags: bench.flags,
    paced: !unpaced,
    paces: Object.fromEntries([...paces].map(([name, often]) => [name, Math.round(often)])),
    rows: [...calls, chunk, shortStream, leastStream, firstToken, memory].map(rowOf),
  }
}

function rowOf({ name, unit, bare, gateway }: Measure): Row {
  const ratios = gateway.map((figure, at) => figure / (bare[at] ?? Number.NaN))
  return { name, unit, bare: spreadOf(bare), gateway: spreadOf(gateway), ratio: spreadOf(ratios) }
}

/** The report for people: a table, and the ratios as bars. */
export function textOf({ machine, rounds, concurrency, failed, flags, paced, paces, rows }: Report): string {
  const head = ['own CPU', 'bare', 'gateway', 'ratio', 'min', 'max']
  const cells = rows.map(({ name, unit, bare, gateway, ratio }) => [
    name,
    `${figure(bare.median)} ${unit}`,
    `${figure(gateway.median)} ${unit}`,
    ...[ratio.median, ratio.min, ratio.max].map((one) => one.toFixed(2)),
  ])
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('   ')
  return [
    `${machine}; ${rounds} rounds, ${concurrency} calls at a time; medians over rounds`,
    `calls a second to ${paced ? 'each' : 'the gateway, as often as replies come'}: ${Object.entries(paces)
      .map(([name, often]) => `${name} ${often}`)
      .join(', ')}`,
    `the gateway sets ${flags.join(' ') || 'no flags'}`,
    ...(failed > 0 ? [`${failed} calls failed; the machine may be too busy for figures`] : []),
    '',
    line(head),
    ...cells.map(line),
    '',
    plot(rows),
  ].join('\n')
}

const BAR = 24

/** A bar for each ratio, `|` where the bare pass-through is. */
function plot(rows: readonly Row[]): string {
  const most = Math.max(2, ...rows.map(({ ratio }) => ratio.median))
  const place = (ratio: number) => Math.max(1, Math.round((BAR * ratio) / most))
  const width = Math.max(...rows.map(({ name }) => name.length))
  return rows
    .map(({ name, ratio }) => {
      const bar = [...'█'.repeat(place(ratio.median)).padEnd(BAR)]
      bar[place(1) - 1] = '|'
      return `${name.padEnd(width)}  ${bar.join('')}  ${ratio.median.toFixed(2)} ×`
    })
    .join('\n')
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

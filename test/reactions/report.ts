import { availableParallelism } from 'node:os'
import type { Departures } from './departures.ts'
import type { Refusals } from './hung-ledger.ts'

/** How quickly the gateway reacts, as lines of text. */
export function reportOf(departures: readonly Departures[], { tookMs, unbookedMs }: Refusals): readonly string[] {
  return [
    `Times in ms, of a gateway that shares its process with its callers and its provider; ${availableParallelism()} cores, Node ${process.versions.node}.`,
    '',
    `${'A caller leaves; until the provider sees it'.padEnd(58)}${head()}`,
    ...departures.map(({ format, moment, tookMs: took }) => `  ${`${format}: ${moment}`.padEnd(56)}${figures(took)}`),
    '',
    `${'PostgreSQL hangs; until a call is refused'.padEnd(58)}${head()}`,
    `  ${'503 ledger_unavailable'.padEnd(56)}${figures(tookMs)}`,
    ...(unbookedMs.length > 0
      ? [`  ${'answered before, and could not be booked'.padEnd(56)}${figures(unbookedMs)}`]
      : []),
  ]
}

function head(): string {
  return ['calls', 'median', 'p99', 'most'].map((name) => name.padStart(9)).join('')
}

function figures(tookMs: readonly number[]): string {
  const sorted = [...tookMs].sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return [String(sorted.length), at(0.5).toFixed(1), at(0.99).toFixed(1), at(1).toFixed(1)]
    .map((figure) => figure.padStart(9))
    .join('')
}

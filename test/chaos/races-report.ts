import type { Race } from './race.ts'
import type { RacesReport } from './races.ts'
import { type Row, tableText } from './table.ts'

const COLUMNS = ['races', 'calls', 'served', 'exactly', 'refused', 'broken', 'left over', 'longest wait'] as const

/** The table by how many calls there was money for, without faults and with, then the totals. */
export function raceLines({ races }: RacesReport): string[] {
  const groups = new Map<string, Race[]>()
  for (const race of races) {
    const name = `money for ${race.affordable}, ${race.faults ? 'faults' : 'no faults'}`
    groups.set(name, [...(groups.get(name) ?? []), race])
  }
  return tableText(COLUMNS, [...[...groups].map(([name, some]) => rowOf(name, some)), rowOf('all', races)])
}

function rowOf(name: string, races: readonly Race[]): Row {
  const made = races.flatMap((race) => race.made)
  const refused = made.filter(({ code }) => code === 'budget_exceeded').length
  const whole = made.filter(({ seen }) => seen === 'whole').length
  const served = races.reduce((sum, race) => sum + race.served, 0)
  const left = races.reduce((sum, race) => sum + race.left, 0n)
  const exact = races.filter((race) => race.problems.length === 0).length
  const wait = Math.max(0, ...races.map(({ longestWaitMs }) => longestWaitMs))
  const cells = [races.length, made.length, served, exact, refused, made.length - refused - whole]
  return [name, [...cells.map(String), `${Number(left) / 1e9} $`, `${(wait / 1000).toFixed(1)} s`]]
}

/** What was wrong, a line each; empty when nothing was. */
export function raceProblems({ races, problems }: RacesReport): string[] {
  const inRaces = races.flatMap(({ number, problems: found }) => found.map((problem) => `race ${number}: ${problem}`))
  return [...inRaces, ...problems.map((problem) => `at the end: ${problem}`)]
}

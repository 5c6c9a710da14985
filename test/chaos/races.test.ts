import { expect, it } from 'vitest'
import { runRaces } from './races.ts'
import { raceLines, raceProblems } from './races-report.ts'

/*
 * The short version of `npm run races`.
 */

it('of 64 callers at four gateways exactly those are served for whom there is money, whatever providers do', {
  timeout: 600_000,
}, async () => {
  const seed = Math.floor(Math.random() * 1e9)
  const report = await runRaces({ rounds: 8, seed })
  console.log([`races, seed ${seed}`, ...raceLines(report)].join('\n'))
  expect({ seed, problems: raceProblems(report) }).toEqual({ seed, problems: [] })
  expect(report.races).toHaveLength(8)
})

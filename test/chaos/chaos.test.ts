import { expect, it } from 'vitest'
import { runChaos } from './chaos.ts'
import { problemLines, tableLines } from './report.ts'

/*
 * The short version of `npm run chaos`: one cycle of each kind of harm that does not take long. Where no small disk can be mounted, those kinds are left
 * out, and it says so.
 */

it('kills, hangs and full disks leave every call with its row, exact books and nothing lent', {
  timeout: 600_000,
}, async () => {
  const seed = Math.floor(Math.random() * 1e9)
  const report = await runChaos({ cycles: 'one of each', seed, gateways: 2 })
  console.log([`chaos, seed ${seed}`, ...tableLines(report), ...report.leftOut].join('\n'))
  expect({ seed, problems: problemLines(report) }).toEqual({ seed, problems: [] })
  // Evidence only where calls were cut off in their middle.
  expect(report.cycles.some(({ presumed }) => presumed > 0)).toBe(true)
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calm } from './scenario.ts'
import { simulate } from './simulate.ts'

const SCHEDULES = 4_000
const LONGEST_MS = 600_000

describe('on simulated days in which nothing fails', () => {
  it('no call is refused while its budgets have the money', { timeout: LONGEST_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(calm, async (scenario) => {
        expect(await simulate(scenario, { fair: true })).toBeNull()
      }),
      { numRuns: SCHEDULES },
    )
  })
})

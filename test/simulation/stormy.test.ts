import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stormy } from './scenario.ts'
import { simulate } from './simulate.ts'

const SCHEDULES = 6_000
const LONGEST_MS = 600_000

describe('on simulated days in which everything may fail', () => {
  it('the books equal what the providers saw, no limit is passed and nothing stays held', {
    timeout: LONGEST_MS,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(stormy, async (scenario) => {
        expect(await simulate(scenario)).toBeNull()
      }),
      { numRuns: SCHEDULES },
    )
  })
})

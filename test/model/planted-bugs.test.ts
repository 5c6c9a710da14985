import { describe, expect, it } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { search } from './search.ts'

const LONGEST_MS = 120_000

describe('a bug that is planted in the ledger is caught', () => {
  it.each(PLANTED_BUGS)('$name', { timeout: LONGEST_MS }, ({ world, steps }) => {
    const { wrong } = search(world, steps)
    expect(wrong?.what).toEqual(expect.any(String))
  })

  it('and there are enough of them to tell', () => {
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(25)
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length)
  })
})
